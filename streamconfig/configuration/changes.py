"""What differs between two documents; the same difference is what a change request asks for and can be applied to a third.

A change says for each field what it was and what it becomes. So it applies to a newer document where nobody else touched
those fields, and says where somebody did: a three-way merge that needs no copy of the base.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, get_args

from streamconfig.configuration import key_order

Kind = Literal["added", "removed", "changed", "moved"]
KINDS: tuple[str, ...] = get_args(Kind)
DEFAULTS = "defaults"  # the one section that is an item itself
ORDER = ("order",)  # the path of a move
_ABSENT = object()
_EMPTY: Mapping[str, Any] = MappingProxyType({})  # never a dict: what has no parent would be written into it


@dataclass(frozen=True, slots=True)
class Field:
    """One setting that differs, by its keys. Absent is not null: null clears what the defaults say."""

    keys: tuple[str, ...]
    was: Any = _ABSENT
    becomes: Any = _ABSENT

    @property
    def path(self) -> str:
        """The keys with dots, for people."""
        return ".".join(self.keys)

    @property
    def is_set(self) -> bool:
        """False where the setting goes away."""
        return self.becomes is not _ABSENT

    @property
    def was_set(self) -> bool:
        """False where the setting wasn't there."""
        return self.was is not _ABSENT

    def as_json(self) -> dict[str, Any]:
        """As revisions and change requests keep it; an absent side is left out."""
        sides = {"was": self.was, "becomes": self.becomes}
        kept = {name: value for name, value in sides.items() if value is not _ABSENT}
        return {"path": self.path, "keys": list(self.keys), **kept}


@dataclass(frozen=True, slots=True)
class Change:
    """How one item of a section differs; the defaults are the item of that name in the section of that name."""

    section: str
    name: str
    kind: Kind
    fields: tuple[Field, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As revisions and change requests keep it."""
        fields = [field.as_json() for field in self.fields]
        return {"section": self.section, "name": self.name, "kind": self.kind, "fields": fields}


@dataclass(frozen=True, slots=True)
class Conflict:
    """Where a change can't be applied: it expected `was`, somebody else made `found` of it. Both may be None for absent."""

    section: str
    name: str
    path: str
    was: Any
    found: Any
    becomes: Any
    keys: tuple[str, ...] = ()  # of the path; none where the item as a whole is in conflict

    @property
    def place(self) -> str:
        """Section, item and path, for people."""
        return " ".join(part for part in (self.section, self.name, self.path) if part)


def from_json(changes: Iterable[Mapping[str, Any]]) -> tuple[Change, ...]:
    """Changes as they are kept, read again."""
    return tuple(
        Change(one["section"], one["name"], one["kind"], tuple(_field(field) for field in one["fields"])) for one in changes
    )


def _field(kept: Mapping[str, Any]) -> Field:
    return Field(tuple(kept["keys"]), kept.get("was", _ABSENT), kept.get("becomes", _ABSENT))


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Everything that differs between two documents as mappings, the defaults first; none: they say the same."""
    fields = tuple(_fields(before.get(DEFAULTS, _EMPTY), after.get(DEFAULTS, _EMPTY)))
    changes = [Change(DEFAULTS, DEFAULTS, "changed", fields)] if fields else []
    for section in (name for name in dict.fromkeys([*after, *before]) if name != DEFAULTS):
        old, new = before.get(section, _EMPTY), after.get(section, _EMPTY)
        found = [_change(section, name, old.get(name), new.get(name)) for name in dict.fromkeys([*old, *new])]
        changes += [change for change in found if change is not None]
        changes += _move(section, list(old), list(new))
    return changes


def _change(section: str, name: str, was: Mapping[str, Any] | None, becomes: Mapping[str, Any] | None) -> Change | None:
    if was is not None and was is becomes:
        return None
    kind: Kind = "added" if was is None else "removed" if becomes is None else "changed"
    fields = tuple(_fields(was or _EMPTY, becomes or _EMPTY))
    return Change(section, name, kind, fields) if fields or kind != "changed" else None


def _move(section: str, old: list[str], new: list[str]) -> list[Change]:
    """Order alone: the first pattern that matches a name wins."""
    kept, known = frozenset(new), frozenset(old)
    grown = [*(name for name in old if name in kept), *(name for name in new if name not in known)]
    return [] if grown == new else [Change(section, "", "moved", (Field(ORDER, old, new),))]


def key_moves(before: Mapping[str, Any], after: Mapping[str, Any], *, but: Collection[str] = ()) -> list[Change]:
    """Where the keys of defaults and streams, `but` some, stand in another order than `changes_between` alone makes of them.

    Only who takes over somebody's file to the letter asks for it: a form has an order of its own, which means nothing.
    """
    pairs = [(DEFAULTS, DEFAULTS, before.get(DEFAULTS), after.get(DEFAULTS))]
    held = before.get("streams", _EMPTY)
    pairs += [("streams", name, held.get(name), item) for name, item in after.get("streams", _EMPTY).items()]
    found: list[Change] = []
    for section, name, old, new in pairs:
        kept = {key: value for key, value in (new or _EMPTY).items() if key not in but}
        was, becomes = key_order.pointers(key_order.grown(old, kept)), key_order.pointers(kept)
        if was != becomes:
            found.append(Change(section, name, "moved", (Field(ORDER, was, becomes),)))
    return found


def _fields(was: Mapping[str, Any], becomes: Mapping[str, Any], keys: tuple[str, ...] = ()) -> Iterator[Field]:
    for key in dict.fromkeys([*was, *becomes]):
        old, new, here = was.get(key, _ABSENT), becomes.get(key, _ABSENT), (*keys, str(key))
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _fields(old, new, here)
        elif not _same(old, new):
            yield Field(here, old, new)


def leaves(fields: Iterable[Field]) -> Iterator[Field]:
    """The same for people: a map that comes or goes as a whole is told by each of its values."""
    for field in fields:
        sides = [side for side in (field.was, field.becomes) if side is not _ABSENT]
        if all(isinstance(side, Mapping) and side for side in sides):
            was, becomes = (side if isinstance(side, Mapping) else _EMPTY for side in (field.was, field.becomes))
            yield from leaves(_fields(was, becomes, field.keys))
        else:
            yield field


def _same(was: Any, becomes: Any) -> bool:
    """Equal as JSON: true is not 1, but 1 and 1.0 are one number."""
    if isinstance(was, list) and isinstance(becomes, list):
        return len(was) == len(becomes) and all(map(_same, was, becomes))
    if isinstance(was, Mapping) and isinstance(becomes, Mapping):
        return was.keys() == becomes.keys() and all(_same(value, becomes[name]) for name, value in was.items())
    return bool(was == becomes) and isinstance(was, bool) == isinstance(becomes, bool)


def apply(document: Mapping[str, Any], changes: Iterable[Change]) -> tuple[dict[str, Any], tuple[Conflict, ...]]:
    """A new document with the changes made, and where they could not be: there the document keeps what it says.

    What the document says already is no conflict. Callers that want all or nothing look at the second value.
    """
    after = {name: dict(section) for name, section in document.items()}
    conflicts: list[Conflict] = []
    for change in changes:
        if change.kind == "moved" and change.name:
            _apply_key_move(after, change)
        elif change.section == DEFAULTS:
            after[DEFAULTS] = _changed(after.get(DEFAULTS, {}), change, conflicts)
        elif change.kind == "moved":
            after[change.section] = _ordered(after.get(change.section, {}), change.fields[0].becomes)
        else:
            _apply_to_item(after.setdefault(change.section, {}), change, conflicts)
    return after, tuple(conflicts)


def _apply_key_move(after: dict[str, Any], change: Change) -> None:
    holder, name = (after, DEFAULTS) if change.section == DEFAULTS else (after.get(change.section, {}), change.name)
    if name in holder:
        holder[name] = key_order.rearranged(holder[name], change.fields[0].becomes)


def _apply_to_item(section: dict[str, Any], change: Change, conflicts: list[Conflict]) -> None:
    item = section.get(change.name)
    if change.kind == "added":
        new = _changed({}, change, [])
        if item is None:
            section[change.name] = new
        elif not _same(item, new):
            conflicts.append(_conflict(change, (), None, item, new))
    elif change.kind == "removed":
        was = _changed({}, Change(change.section, change.name, "added", tuple(map(_turned, change.fields))), [])
        if item is not None and _same(item, was):
            del section[change.name]
        elif item is not None:
            conflicts.append(_conflict(change, (), was, item, None))
    elif item is None:
        conflicts += [_conflict(change, one.keys, _shown(one.was), None, _shown(one.becomes)) for one in change.fields]
    else:
        section[change.name] = _changed(item, change, conflicts)


def _changed(item: Mapping[str, Any], change: Change, conflicts: list[Conflict]) -> dict[str, Any]:
    made: dict[str, Any] = copy.deepcopy(dict(item))
    for field in change.fields:
        _set(made, field, change, conflicts)
    return made


def _set(made: dict[str, Any], field: Field, change: Change, conflicts: list[Conflict]) -> None:
    *parents, last = field.keys
    holder: Any = made
    for key in parents:
        holder = holder.get(key, _EMPTY) if isinstance(holder, Mapping) else _EMPTY
    found = holder.get(last, _ABSENT) if isinstance(holder, dict) else _ABSENT
    if _same(found, field.becomes):
        return
    if not isinstance(holder, dict):
        conflicts.append(_conflict(change, field.keys, _shown(field.was), None, _shown(field.becomes)))
    elif _same(found, field.was):
        if field.is_set:
            holder[last] = copy.deepcopy(field.becomes)
        else:
            del holder[last]
    elif not field.was_set and isinstance(found, dict) and isinstance(field.becomes, Mapping):
        for key, value in field.becomes.items():  # two people made the same map: what each put into it counts
            _set(made, Field((*field.keys, key), _ABSENT, value), change, conflicts)
    else:
        conflicts.append(_conflict(change, field.keys, _shown(field.was), _shown(found), _shown(field.becomes)))


def _turned(field: Field) -> Field:
    return Field(field.keys, field.becomes, field.was)


def reverted(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes that take these back."""
    kinds: Mapping[str, Kind] = {"added": "removed", "removed": "added", "changed": "changed", "moved": "moved"}
    back = [Change(one.section, one.name, kinds[one.kind], tuple(map(_turned, one.fields))) for one in changes]
    return tuple(reversed(back))


def _ordered(section: Mapping[str, Any], order: Iterable[str]) -> dict[str, Any]:
    """Items as the order names them; those that it doesn't know stay behind."""
    return {name: section[name] for name in dict.fromkeys([*(name for name in order if name in section), *section])}


def _shown(value: Any) -> Any:
    return None if value is _ABSENT else value


def _conflict(change: Change, keys: tuple[str, ...], was: Any, found: Any, becomes: Any) -> Conflict:
    return Conflict(change.section, change.name, ".".join(keys), was, found, becomes, keys)


def content_hash(changes: Iterable[Change], *parts: str) -> str:
    """What an approval is bound to: the changes to the letter, and whatever else of the request counts."""
    text = json.dumps([*(one.as_json() for one in changes), *parts], ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def chain_hash(
    *,
    previous: str,
    number: int,
    created_at: datetime,
    author: str,
    reason: str,
    document_text: str,
    effective_at: datetime | None = None,
) -> str:
    """The hash of a revision: over everything that it says and the hash before it.

    `effective_at` counts where it is another moment than `created_at`: revisions of before schedules had none.
    """
    document = hashlib.sha256(document_text.encode()).hexdigest()
    facts = [previous, number, created_at.isoformat(), author, reason, document]
    if effective_at not in (None, created_at):
        facts.append(effective_at.isoformat())
    return hashlib.sha256(json.dumps(facts, ensure_ascii=True).encode()).hexdigest()
