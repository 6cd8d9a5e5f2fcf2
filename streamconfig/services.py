"""The only writers of stream configuration: every change is published as a revision, or refused as a whole."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from eventplatform.core.errors import RejectedError
from eventplatform.core.names import SNAPSHOT_CHANNEL
from registry import lookups as registry
from streamconfig import deprecated_schemas, lookups, stream_rows, topic_sync
from streamconfig.configuration import document as documents
from streamconfig.configuration.changes import Change, chain_hash, changes_between
from streamconfig.configuration.document import Document, DocumentInvalidError, Entry
from streamconfig.models import ConfigurationState, Revision, Stream
from streamconfig.configuration.stream_set import StreamSet

log = logging.getLogger(__name__)

_FIRST_HASH = "0" * 64  # what the first revision follows


class StreamExistsError(RejectedError):
    """A new stream has the name of another."""

    code = "stream.exists"
    http_status = 409
    message = "There is a stream {name} already."
    remedy = "Choose another name, or change that stream."


class StreamMissingError(RejectedError):
    """A change names a stream that isn't there."""

    code = "stream.not_found"
    http_status = 404
    message = "There is no stream {name}."
    remedy = "Look at the list of streams; it may have been removed meanwhile."


class ChangedMeanwhileError(RejectedError):
    """The stream changed after the form was opened; saving would undo that."""

    code = "stream.changed_meanwhile"
    http_status = 409
    message = "{author} changed {name} meanwhile (revision {revision})."
    remedy = "Open the stream again and repeat your change on what it says now."


@dataclass(frozen=True, slots=True)
class Published:
    """A revision that was published just now."""

    revision: int
    changes: tuple[Change, ...]


def import_document(*, document: Mapping[str, Any], author: str, reason: str, is_complete: bool = False) -> Published | None:
    """Publish a document's streams, and its defaults where it has any, in one revision; None where nothing differs.

    Streams that it doesn't name stay, unless it `is_complete`.

    Raises:
        DocumentInvalidError: an entry can't be used; nothing is published then.
    """
    given = documents.read(document)
    if given.problems:
        raise DocumentInvalidError(given.problems)

    def change(before: Document) -> Document:
        kept = Document(before.defaults) if is_complete else before
        after = kept.with_entries(given.entries)
        return replace(after, defaults=given.defaults) if "defaults" in document else after

    return _publish(change, author=author, reason=reason)


def save_stream(*, entry: Entry, author: str, reason: str, is_new: bool, base_revision: int = 0) -> Published | None:
    """Add a stream, or replace one that was read at `base_revision`."""

    def change(before: Document) -> Document:
        is_there = before.get(entry.name) is not None
        if is_new and is_there:
            raise StreamExistsError(name=entry.name)
        if not is_new:
            _refuse_stale(entry.name, base_revision)
        return before.with_entries([entry])

    return _publish(change, author=author, reason=reason)


def check_stream(entry: Entry) -> None:
    """Ask whether `save_stream` would take the entry, without publishing anything.

    Raises:
        DocumentInvalidError: it would not, for these reasons.
    """
    _, problems = documents.read_entry(entry.name, entry.as_json())
    if not problems:
        before = lookups.current_document()
        after = Document(before.defaults, (entry,))
        problems = [*StreamSet(after).problems, *deprecated_schemas.problems_of(before, after, registry.schemas())]
    if problems:
        raise DocumentInvalidError(problems)


def set_enabled(*, names: Collection[str], is_enabled: bool, author: str, reason: str) -> Published | None:
    """Switch streams on or off; the intake obeys within two seconds, clients at their next look."""

    def change(before: Document) -> Document:
        return before.with_entries([replace(_entry(before, name), is_enabled=is_enabled) for name in names])

    return _publish(change, author=author, reason=reason)


def remove_streams(*, names: Collection[str], author: str, reason: str) -> Published | None:
    """Take streams out of the configuration. Their topics and what stores hold of them stay."""

    def change(before: Document) -> Document:
        return before.without([_entry(before, name).name for name in names])

    return _publish(change, author=author, reason=reason)


def save_defaults(*, settings: Mapping[str, Any], author: str, reason: str) -> Published | None:
    """Replace the settings below every stream's own."""
    return import_document(document={"defaults": settings}, author=author, reason=reason)


def _entry(before: Document, name: str) -> Entry:
    entry = before.get(name)
    if entry is None:
        raise StreamMissingError(name=name)
    return entry


def _refuse_stale(name: str, base_revision: int) -> None:
    row = Stream.objects.filter(name=name).first()
    if row is None:
        raise StreamMissingError(name=name)
    if row.revision != base_revision:
        raise ChangedMeanwhileError(name=name, author=row.updated_by or "Somebody", revision=row.revision)


def _publish(change: Callable[[Document], Document], *, author: str, reason: str) -> Published | None:
    with transaction.atomic():
        state = _locked_state()
        before = lookups.current_document()
        after = change(before)
        changes = changes_between(before, after)
        if not changes:
            return None
        streams = _checked(before, after, changes)
        state.revision += 1
        state.save(update_fields=["revision"])
        _append(state.revision, after, changes, author, reason)
        stream_rows.write(before, streams, changes, revision=state.revision, author=author)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [SNAPSHOT_CHANNEL, f"streams {state.revision}"])
        transaction.on_commit(lookups.forget)
        transaction.on_commit(topic_sync.begin)
    lookups.forget()  # also for who asks within a transaction around this one
    log.info("revision.published", extra={"revision": state.revision, "author": author, "changes": len(changes)})
    return Published(state.revision, tuple(changes))


def _locked_state() -> ConfigurationState:
    """The one row; its lock lets publishes come one after the other."""
    ConfigurationState.objects.get_or_create(pk=1)
    return ConfigurationState.objects.select_for_update().get(pk=1)


def _checked(before: Document, after: Document, changes: Collection[Change]) -> StreamSet:
    """The streams of a document that may be published: what this change touches must be usable."""
    streams = StreamSet(documents.read(after.as_json()))
    touched = {change.stream for change in changes}
    problems = [one for one in streams.problems if one.stream in touched or documents.DEFAULTS in touched]
    problems += deprecated_schemas.problems_of(before, after, registry.schemas(is_fresh=True))
    if problems:
        raise DocumentInvalidError(problems)
    return streams


def _append(number: int, after: Document, changes: Collection[Change], author: str, reason: str) -> None:
    last = Revision.objects.order_by("-number").values_list("hash", flat=True).first()
    facts: dict[str, Any] = {
        "number": number,
        "created_at": timezone.now(),
        "author": author,
        "reason": reason,
        "document_text": json.dumps(after.as_json(), ensure_ascii=False, allow_nan=False),
    }
    previous = last or _FIRST_HASH
    Revision.objects.create(
        **facts,
        changes=[one.as_json() for one in changes],
        previous_hash=previous,
        hash=chain_hash(previous=previous, **facts),
    )
