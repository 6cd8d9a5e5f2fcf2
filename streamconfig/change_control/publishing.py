"""The one writer of what is live: a change request becomes a revision with the rows that follow from it, or nothing happens."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from eventplatform.core.names import SNAPSHOT_CHANNEL
from registry import lookups as registry
from streamconfig import deprecated_schemas, item_rows, lookups, stream_rows
from streamconfig.change_control.errors import ConflictError, RequestEmptyError
from streamconfig.configuration import changes as differences
from streamconfig.configuration.applying import made_of, read_changed
from streamconfig.configuration.changes import Change, chain_hash
from streamconfig.configuration.document import Document, DocumentInvalidError
from streamconfig.configuration.setting_types import Problem
from streamconfig.configuration.stream_set import StreamSet
from streamconfig.models import ChangeRequest, ConfigurationState, Revision
from streamconfig.topics import reconcile

log = logging.getLogger(__name__)

_FIRST_HASH = "0" * 64  # what the first revision follows


@dataclass(frozen=True, slots=True)
class Published:
    """A revision that was published just now."""

    revision: int
    changes: tuple[Change, ...]


def publish(request: ChangeRequest, *, effective_at: datetime | None = None) -> Published:
    """Make the request's changes live. Called by `carrying_out` alone, which has asked whether it may.

    Raises:
        ConflictError: a place that it changes says something else by now.
        DocumentInvalidError: the configuration would hold something that can't be used.
        RequestEmptyError: all of it holds already.
    """
    with transaction.atomic():
        state = locked_state()
        before = lookups.current_document()
        after, changes, streams = checked(before, request.changes)
        state.revision += 1
        state.save(update_fields=["revision"])
        author = request.author_name
        _append(state.revision, after, changes, request, effective_at)
        stream_rows.write(streams, changes, revision=state.revision, author=author)
        item_rows.write(after, changes, revision=state.revision, author=author)
        wake(f"streams {state.revision}")
        transaction.on_commit(reconcile.begin)
    lookups.forget()  # also for who asks within a transaction around this one
    log.info("revision.published", extra={"revision": state.revision, "author": author, "changes": len(changes)})
    return Published(state.revision, tuple(changes))


def locked_state() -> ConfigurationState:
    """The one row; its lock lets publishes come one after the other."""
    ConfigurationState.objects.get_or_create(pk=1)
    return ConfigurationState.objects.select_for_update().get(pk=1)


def reschedule() -> None:
    """Tell every process that what is scheduled differs; in the transaction that changes it."""
    state = locked_state()
    state.schedule += 1
    state.save(update_fields=["schedule"])
    wake(f"schedule {state.schedule}")


def wake(news: str) -> None:
    """Let every process look again once this transaction is through."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [SNAPSHOT_CHANNEL, news])
    transaction.on_commit(lookups.forget)


def checked(before: Document, wanted: Collection[Change]) -> tuple[Document, list[Change], StreamSet]:
    """The document that the changes would make of `before`, what differs, and its streams; or why it may not be published."""
    now = before.as_json()
    text, conflicts = differences.apply(now, wanted)
    if conflicts:
        raise ConflictError(conflicts)
    changes = made_of(now, text, wanted)
    if not changes:
        raise RequestEmptyError
    after = read_changed(before, text, changes)
    streams = StreamSet(after, earlier=_streams_of(before))
    problems = problems_touched(after, streams, changes)
    problems += deprecated_schemas.problems_of(before, after, registry.schemas(is_fresh=True))
    if problems:
        raise DocumentInvalidError(problems)
    return after, changes, streams


_last: tuple[Document, StreamSet] = (Document(), StreamSet())


def _streams_of(document: Document) -> StreamSet:
    """The streams of the document that changes are made to: kept, since most of them are the same ever after."""
    global _last  # noqa: PLW0603  # one pair, swapped as a whole; who comes second computes it again
    known, streams = _last
    if known is not document:
        streams = StreamSet(document, earlier=streams)
        _last = (document, streams)
    return streams


def problems_touched(after: Document, streams: StreamSet, changes: Collection[Change]) -> list[Problem]:
    """What these changes break: an old problem elsewhere keeps nobody from publishing."""
    touched = {(change.section, change.name) for change in changes}
    is_everywhere = any(change.section in {differences.DEFAULTS, "overrides"} for change in changes)
    found = dict.fromkeys((*after.problems, *streams.problems))
    return [one for one in found if is_everywhere or (one.section, one.stream) in touched or not one.stream]


def _append(
    number: int, after: Document, changes: Collection[Change], request: ChangeRequest, effective_at: datetime | None
) -> None:
    last = Revision.objects.order_by("-number").values_list("hash", flat=True).first()
    facts: dict[str, Any] = {
        "number": number,
        "created_at": timezone.now(),
        "author": request.author_name,
        "reason": request.reason or request.title,
        "document_text": json.dumps(after.as_json(), ensure_ascii=False, allow_nan=False),
    }
    facts["effective_at"] = effective_at or facts["created_at"]
    previous = last or _FIRST_HASH
    Revision.objects.create(
        **facts,
        request=request,
        changes=[one.as_json() for one in changes],
        previous_hash=previous,
        hash=chain_hash(previous=previous, **facts),
    )
