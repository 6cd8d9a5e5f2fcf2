"""What forms, imports and the API call to change the configuration: each turns a wish into a change request."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from eventplatform.core.errors import RejectedError
from registry import lookups as registry
from streamconfig import deprecated_schemas, lookups
from streamconfig.change_control import approvals, ledger, publishing, requests
from streamconfig.change_control.actors import Actor
from streamconfig.change_control.errors import ItemMissingError
from streamconfig.change_control.requests import Outcome, Source
from streamconfig.configuration import document as documents
from streamconfig.configuration.changes import Change, changes_between
from streamconfig.configuration.document import Document, DocumentInvalidError, Entry
from streamconfig.configuration.stream_set import StreamSet

Wish = Callable[[Document], Document]
GONE = object()  # as a field's value: it is to be no more


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


class ItemExistsError(RejectedError):
    """A new item has the key of another."""

    code = "item.exists"
    http_status = 409
    message = "There is a {name} in {section} already."
    remedy = "Choose another key, or change that one."


def changes_of(wish: Wish, *, base_revision: int = 0) -> list[Change]:
    """What a wish changes, seen from the revision that a form showed; the newest one where none is named."""
    before = lookups.document_of(base_revision) if base_revision else lookups.current_document()
    return changes_between(before.as_json(), wish(before).as_json())


def propose(
    wish: Wish,
    *,
    by: Actor,
    title: str,
    reason: str = "",
    source: str = Source.ADMIN,
    base_revision: int = 0,
    effective_at: datetime | None = None,
) -> Outcome | None:
    """Submit what a wish changes as a request; None where nothing differs."""
    changes = changes_of(wish, base_revision=base_revision)
    if not changes:
        return None
    return requests.propose(
        by=by,
        changes=changes,
        title=title,
        reason=reason,
        source=source,
        base_revision=base_revision,
        effective_at=effective_at,
    )


def is_asked(wish: Wish) -> bool:
    """True where nothing differs, or an open request asks for just that: who runs again and again asks once."""
    changes = changes_of(wish)
    return not changes or ledger.is_asked(changes)


def check(changes: Sequence[Change], *, by: Actor) -> None:
    """Ask whether changes could be proposed by somebody as the configuration is now; nothing is written.

    Raises:
        RequestEmptyError: all of it holds already.
        ConflictError: somebody else changed one of the places.
        DocumentInvalidError: the configuration would hold something that can't be used.
        RequestForbiddenError: the person may not ask for it.
    """
    publishing.checked(lookups.current_document(), changes)
    approvals.require_authorship(changes, by)


def with_document(document: Mapping[str, Any], *, is_complete: bool = False) -> Wish:
    """A document's items on top of what there is; what it doesn't name stays, unless it `is_complete`.

    Raises:
        DocumentInvalidError: an item can't be used.
    """
    given = documents.read(document)
    if given.problems:
        raise DocumentInvalidError(given.problems)

    def wish(before: Document) -> Document:
        kept = Document(before.defaults) if is_complete else before
        after = kept.with_entries(given.entries)
        ours = {name: {**kept.section(name), **given.section(name)} for name in {*kept.sections, *given.sections}}
        after = replace(after, sections=ours)
        return replace(after, defaults=given.defaults) if "defaults" in document else after

    return wish


def with_stream(entry: Entry, *, is_new: bool) -> Wish:
    """A stream added, or replaced where it is."""

    def wish(before: Document) -> Document:
        is_there = before.has(entry.name)
        if is_new and is_there:
            raise StreamExistsError(name=entry.name)
        if not is_new and not is_there:
            raise StreamMissingError(name=entry.name)
        return before.with_entries([entry])

    return wish


def with_enabled(names: Collection[str], *, is_enabled: bool) -> Wish:
    """Streams switched on or off."""
    return lambda before: before.with_entries([replace(_entry(before, name), is_enabled=is_enabled) for name in names])


def without_streams(names: Collection[str]) -> Wish:
    """Streams taken out. Their topics and what stores hold of them stay."""

    def wish(before: Document) -> Document:
        for name in names:
            if not before.has(name):
                raise StreamMissingError(name=name)
        return before.without(names)

    return wish


def with_fields(
    names: Collection[str], values: Mapping[str | tuple[str, ...], Any], *, section: str = documents.STREAMS
) -> Wish:
    """Settings of many streams, or items of another section, at once: by dotted path, or by keys where one has a dot.

    `GONE` takes a setting out; the other settings beside it stay.

    Raises:
        DocumentInvalidError: an item would hold something that can't be used.
    """
    paths = {tuple(path.split(".")) if isinstance(path, str) else path: value for path, value in values.items()}

    def wish(before: Document) -> Document:
        text = before.as_json()
        items = text.setdefault(section, {})
        for name in dict.fromkeys(names):
            if name not in items:
                raise (
                    ItemMissingError(section=section, name=name)
                    if section != documents.STREAMS
                    else StreamMissingError(name=name)
                )
            items[name] = copy.deepcopy(items[name])
            for keys, value in paths.items():
                _put(items[name], keys, value)
        after = documents.read(text)
        if set(after.problems) - set(before.problems):
            raise DocumentInvalidError(one for one in after.problems if one not in before.problems)
        return after

    return wish


def with_rates(names: Collection[str], rate: float, *, unit: str = "") -> Wish:
    """Another sampling rate for many streams; the unit of each stays where none is given."""
    return with_fields(names, {"sample.rate": rate, **({"sample.unit": unit} if unit else {})})


def with_defaults(settings: Mapping[str, Any]) -> Wish:
    """Other settings below every stream's own."""
    return lambda before: replace(before, defaults=dict(settings))


def with_item(section: str, key: str, item: Mapping[str, Any] | None) -> Wish:
    """An item of one of our own sections added or replaced; taken out where it is None."""

    def wish(before: Document) -> Document:
        items = dict(before.section(section))
        if item is None:
            items.pop(key, None)
        else:
            items[key] = dict(item)
        return replace(before, sections={**before.sections, section: items})

    return wish


def check_stream(entry: Entry) -> None:
    """Ask whether a stream could be published so.

    Raises:
        DocumentInvalidError: it could not, for these reasons.
    """
    _, problems = documents.read_entry(entry.name, entry.as_json())
    if not problems:
        before = lookups.current_document()
        after = Document(before.defaults, (entry,))
        problems = [*StreamSet(after).problems, *deprecated_schemas.problems_of(before, after, registry.schemas())]
    if problems:
        raise DocumentInvalidError(problems)


def _put(item: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    *parents, last = keys
    for key in parents:
        if not isinstance(item.get(key), dict):
            if value is GONE:
                return
            item[key] = {}
        item = item[key]
    if value is GONE:
        item.pop(last, None)
    else:
        item[last] = copy.deepcopy(value)


def _entry(before: Document, name: str) -> Entry:
    entry = before.get(name)
    if entry is None:
        raise StreamMissingError(name=name)
    return entry
