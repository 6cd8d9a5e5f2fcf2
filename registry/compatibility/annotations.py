"""Changes of what a schema says to people and to stores: texts, examples, deprecation, marks of personal data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from eventplatform.core import names
from registry.compatibility.contract import Change
from registry.compatibility.facts import Schema, is_same
from registry.compatibility.place import Place
from registry.compatibility.proofs import GROUP_OF
from registry.compatibility.words import short

_ABSENT = object()
_NOBODY = "Only its wording changed: the same events pass, nobody is affected."
_KNOWN = {
    "title": "title",
    "description": "description",
    "default": "default",
    "examples": "examples",
    "$comment": "comment",
    "definitions": "definitions",
    "readOnly": "read-only mark",
    "writeOnly": "write-only mark",
    "contentEncoding": "content encoding",
    "contentMediaType": "content type",
}
_ACTIONS = {
    "drop": "It is dropped before it is stored: consumers and tables no longer get it.",
    "hash": "Consumers get a hash in the value's place: it no longer joins with values stored before.",
    "truncate": "Consumers get a shortened value in its place.",
}


def annotation_changes(old: Schema, new: Schema, place: Place) -> Iterator[Change]:
    """Each annotation that differs, in the order of the new version."""
    for keyword in {**new, **old}:
        if keyword not in GROUP_OF and not is_same(old.get(keyword, _ABSENT), new.get(keyword, _ABSENT)):
            tell = _TELL.get(keyword, _other)
            yield from tell(keyword, old.get(keyword), new.get(keyword), place)


def _other(keyword: str, old: Any, new: Any, place: Place) -> Iterator[Change]:
    verb = "is new" if old is None else "is gone" if new is None else "changed"
    if keyword in _KNOWN:
        code, what, why = keyword.removeprefix("$"), f"The {_KNOWN[keyword]} of {place.noun} {verb}.", _NOBODY
    elif keyword.startswith("x-"):
        code, what, why = (
            "extension",
            f"The mark {keyword} of {place.noun} {verb}.",
            "JSON Schema gives it no meaning: events pass as before.",
        )
    else:
        code, what = "unknown-keyword", f"{short(keyword)} of {place.noun} {verb}."
        why = "It is no keyword of draft-07, perhaps a slip of the pen: it never had an effect, so nothing breaks."
    yield Change(f"{code}-changed", place.keyword(keyword), place.path, what, why, "patch", old=_shown(old), new=_shown(new))


def _id(keyword: str, old: Any, new: Any, place: Place) -> Iterator[Change]:
    """The version in the root's id is expected to change; ids further in tell what a part was made from."""
    pointer = place.keyword(keyword)
    if place.pointer:
        what = f"{place.name} is made from {short(new)} now." if new else f"{place.name} no longer names what it is made from."
        yield Change("origin-changed", pointer, place.path, what, _NOBODY, "patch", old=_shown(old), new=_shown(new))
    elif isinstance(old, str) and isinstance(new, str) and names.split_schema_id(old)[0] != names.split_schema_id(new)[0]:
        why = "Each title has its own history: what is due between two of them is nobody's version number."
        yield Change("title-differs", pointer, "", "These are schemas of two titles.", why, "none", old=old, new=new)


def _draft(keyword: str, old: Any, new: Any, place: Place) -> Iterator[Change]:
    spelled = [str(name or "").removesuffix("#").removeprefix("http://").removeprefix("https://") for name in (old, new)]
    why = (
        _NOBODY
        if spelled[0] == spelled[1]
        else "This comparison reads both as draft-07, the only draft that is published here."
    )
    what = "The draft of JSON Schema is spelled otherwise."
    yield Change("draft-changed", place.keyword(keyword), place.path, what, why, "patch", old=_shown(old), new=_shown(new))


def _deprecated(keyword: str, _old: Any, new: Any, place: Place) -> Iterator[Change]:
    what = f"{place.name} is deprecated now." if new is True else f"{place.name} is no longer deprecated."
    why = "Nothing breaks yet: producers may go on sending it, consumers should stop relying on it." if new is True else _NOBODY
    yield Change("deprecated-changed", place.keyword(keyword), place.path, what, why, "patch")


def _pii(keyword: str, old: Any, new: Any, place: Place) -> Iterator[Change]:
    if new is None:
        what = f"{place.name} is no longer marked as personal data ({short(old)})."
        why = "Whatever masks, shortens or deletes by that mark lets it through now: ask for a privacy review."
    else:
        what = f"{place.name} is marked as personal data now: {short(new)}."
        why = "Events pass as before. Whoever shows, stores or exports it must treat it as personal data."
    yield Change(
        "pii-changed",
        place.keyword(keyword),
        place.path,
        what,
        why,
        "minor",
        old=_shown(old) or "unmarked",
        new=_shown(new) or "unmarked",
    )


def _pii_action(keyword: str, old: Any, new: Any, place: Place) -> Iterator[Change]:
    if new is None:
        why = f"The value itself is kept from now on, where it was {short(old)}-ed before: ask for a privacy review."
        why = why.replace("drop-ed", "dropped").replace("hash-ed", "hashed").replace("truncate-ed", "truncated")
    else:
        why = _ACTIONS.get(str(new), f"What {short(new)} does to it is up to the store.")
    what = f"What is done to the personal data in {place.noun} is {short(new) if new else 'nothing'} now."
    is_dropped = new == "drop" and place.column
    yield Change(
        "pii-action-changed",
        place.keyword(keyword),
        place.path,
        what,
        why,
        "major",
        frozenset({"consumers", "tables"} if is_dropped else {"consumers"}),
        old=_shown(old) or "kept",
        new=_shown(new) or "kept",
        table=f"Column {place.column} stays and is no longer filled." if is_dropped else "",
    )


def _shown(value: Any) -> str:
    return "" if value is None else short(value)


_TELL: dict[str, Callable[[str, Any, Any, Place], Iterator[Change]]] = {
    "$id": _id,
    "$schema": _draft,
    "deprecated": _deprecated,
    "x-pii": _pii,
    "x-pii-action": _pii_action,
}
