"""Changes made to a document that is read already: only the streams that they touch are read anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from streamconfig.configuration import document as documents
from streamconfig.configuration.changes import DEFAULTS, Change, Conflict, apply, changes_between, key_moves
from streamconfig.configuration.document import OWN_KEYS, STREAMS, Document, merged
from streamconfig.configuration.setting_types import Problem, problems_of

Applied = tuple[Document, tuple[Conflict, ...], tuple[Problem, ...]]


def applied(document: Document, changes: Collection[Change]) -> Applied:
    """The document with the changes made, where they don't fit, and what of them can't be used."""
    touched = frozenset(change.name for change in changes if change.section == STREAMS)
    is_moved = any(change.section == STREAMS and change.kind == "moved" for change in changes)
    told = document if is_moved else replace(document, entries=tuple(one for one in document.entries if one.name in touched))
    made, conflicts = apply(told.as_json(), changes)
    after = read_over(document, made, touched, list(made[STREAMS]) if is_moved else _order(document, touched, made[STREAMS]))
    known = frozenset(document.problems)
    problems = (*after.problems, *_misfits(after, touched))
    return after, conflicts, tuple(one for one in problems if one not in known)


def read_over(document: Document, made: Mapping[str, Any], touched: Collection[str], order: Iterable[str]) -> Document:
    """A document read from its JSON, of whose streams only the `touched` ones may differ from those of an earlier one."""
    streams = made[STREAMS]
    fresh = documents.read({**made, STREAMS: {name: streams[name] for name in touched if name in streams}})
    entries = {entry.name: entry for entry in document.entries if entry.name not in touched}
    entries |= {entry.name: entry for entry in fresh.entries}
    told_anew = {"", DEFAULTS, *touched}
    old = [one for one in document.problems if one.section == STREAMS and one.stream not in told_anew]
    left = {key: item for key, item in document.broken.get(STREAMS, {}).items() if key not in touched and key in streams}
    return replace(
        fresh,
        entries=tuple(entries[name] for name in order if name in entries),
        problems=(*fresh.problems, *old),
        broken={**fresh.broken, STREAMS: {**left, **fresh.broken.get(STREAMS, {})}},
    )


def made_of(now: Mapping[str, Any], made: Mapping[str, Any], wanted: Iterable[Change]) -> list[Change]:
    """What differs once changes were applied; with the order of keys where they asked for one, which is no difference else.

    Who reads a document over an earlier one goes by these, so a stream whose keys alone moved must be among them.
    """
    found = changes_between(now, made)
    is_asked = any(one.kind == "moved" and one.name for one in wanted)
    return [*found, *key_moves(now, made, but=OWN_KEYS)] if is_asked else found


def read_changed(document: Document, made: Mapping[str, Any], changes: Iterable[Change]) -> Document:
    """A document read from its JSON, which differs from that of an earlier one by these changes."""
    touched = frozenset(change.name for change in changes if change.section == STREAMS)
    return read_over(document, made, touched, list(made[STREAMS]))


def _order(document: Document, touched: Collection[str], streams: Mapping[str, Any]) -> Iterable[str]:
    """The streams that were there where they were, new ones behind."""
    old = [entry.name for entry in document.entries if entry.name not in touched or entry.name in streams]
    return dict.fromkeys([*old, *streams])


def _misfits(document: Document, touched: Collection[str]) -> list[Problem]:
    """What the touched streams may not hold once they are merged with the defaults."""
    found = [(entry.name, merged(document.defaults, entry)) for entry in document.entries if entry.name in touched]
    return [problem for name, settings in found for problem in problems_of(name, settings)]
