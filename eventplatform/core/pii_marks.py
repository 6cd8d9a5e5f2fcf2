"""Where a self-contained schema marks personal data: a tree of the marked places alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_MAX_DEPTH = 64  # levels of a schema
_BRANCHES = ("allOf", "anyOf", "oneOf")
_PLAIN: Mapping[str, Any] = {"integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}
_ADDRESSES = {"ipv4": "0.0.0.0", "ipv6": "::"}  # noqa: S104  # the address that means none, nothing listens on it
_LONGEST_EMPTY = 64


@dataclass(frozen=True, slots=True)
class Marked:
    """A place in events: marked itself (`kind`), or on the way to one that is. `rest` is every field not named."""

    kind: str = ""
    action: str = ""
    fields: Mapping[str, Marked] = field(default_factory=dict)
    rest: Marked | None = None
    items: Marked | None = None
    is_required: bool = False
    empty: Any = ""  # what a required value becomes that must go
    format: str = ""
    longest: int | None = None
    largest: float | None = None

    def leaves(self) -> Iterator[Marked]:
        """The marked places."""
        if self.kind:
            yield self
        for child in (*self.fields.values(), self.rest, self.items):
            if child is not None:
                yield from child.leaves()

    def names(self) -> Iterator[str]:
        """What the marked fields are called, wherever they stand."""
        for name, child in self.fields.items():
            if child.kind:
                yield name
            yield from child.names()
        for inner in (self.rest, self.items):
            if inner is not None:
                yield from inner.names()


def marks_of(schema: Mapping[str, Any]) -> Marked | None:
    """The tree of a schema's marks; None where it has none."""
    return _Reader(schema).read(schema, _MAX_DEPTH, is_required=False)


class _Reader:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._followed: list[str] = []  # references on the way here: the registry takes none that leads back to itself

    def read(self, schema: Any, depth: int, *, is_required: bool) -> Marked | None:
        """The marks at and below a schema."""
        if not isinstance(schema, Mapping) or not depth:
            return None
        kind = schema.get("x-pii")
        if isinstance(kind, str) and kind:
            return _leaf(schema, kind, is_required=is_required)
        return _joined([self._own(schema, depth), *self._others(schema, depth, is_required=is_required)])

    def _own(self, schema: Mapping[str, Any], depth: int) -> Marked | None:
        properties, required = schema.get("properties"), schema.get("required")
        needed = frozenset(name for name in required if isinstance(name, str)) if isinstance(required, list) else frozenset()
        read = {
            name: self.read(inner, depth - 1, is_required=name in needed)
            for name, inner in (properties.items() if isinstance(properties, Mapping) else ())
        }
        fields = {name: marked for name, marked in read.items() if marked is not None}
        patterns = schema.get("patternProperties")
        maps = [schema.get("additionalProperties"), *(patterns.values() if isinstance(patterns, Mapping) else ())]
        rest = _joined([self.read(inner, depth - 1, is_required=False) for inner in maps])
        lists = schema.get("items")
        kinds = lists if isinstance(lists, list) else [lists]
        items = _joined([self.read(inner, depth - 1, is_required=False) for inner in kinds])
        return Marked(fields=fields, rest=rest, items=items) if fields or rest or items else None

    def _others(self, schema: Mapping[str, Any], depth: int, *, is_required: bool) -> Iterator[Marked | None]:
        for name in _BRANCHES:
            branches = schema.get(name)
            for branch in branches if isinstance(branches, list) else ():
                yield self.read(branch, depth - 1, is_required=is_required)
        target = schema.get("$ref")
        if isinstance(target, str) and target.startswith("#/") and target not in self._followed:
            self._followed.append(target)
            yield self.read(self._at(target), depth - 1, is_required=is_required)
            self._followed.pop()

    def _at(self, target: str) -> Any:
        found: Any = self._document
        for part in target[2:].split("/"):
            found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
        return found


def _leaf(schema: Mapping[str, Any], kind: str, *, is_required: bool) -> Marked:
    action = schema.get("x-pii-action")
    longest, largest = schema.get("maxLength"), schema.get("maximum")
    return Marked(
        kind=kind,
        action=action if action in ("hash", "truncate") else "drop",  # an unknown word protects, rather than not
        is_required=is_required,
        empty=_empty(schema),
        format=str(schema.get("format", "")),
        longest=longest if isinstance(longest, int) else None,
        largest=largest if isinstance(largest, int | float) else None,
    )


def _empty(schema: Mapping[str, Any]) -> Any:
    """The least that the schema takes here, as far as its simple keywords tell."""
    kinds = schema.get("type")
    names: Sequence[Any] = kinds if isinstance(kinds, list) else [kinds]
    if "null" in names:
        return None
    if names and names[0] in _PLAIN:
        return schema["minimum"] if schema.get("minimum", 0) > 0 else _PLAIN[names[0]]
    if schema.get("format") in _ADDRESSES:
        return _ADDRESSES[schema["format"]]
    shortest = schema.get("minLength", 0)
    return "-" * min(shortest, _LONGEST_EMPTY) if isinstance(shortest, int) else ""


def _joined(found: Sequence[Marked | None]) -> Marked | None:
    """Marks that hold at one place, as one tree; where two mark the same, the first does."""
    known = [one for one in found if one is not None]
    if len(known) < 2:  # noqa: PLR2004  # nothing to join
        return known[0] if known else None
    marked = next((one for one in known if one.kind), None)
    if marked is not None:
        return marked
    names = dict.fromkeys(name for one in known for name in one.fields)
    fields = {name: _joined([one.fields.get(name) for one in known]) for name in names}
    return Marked(
        fields={name: child for name, child in fields.items() if child is not None},
        rest=_joined([one.rest for one in known]),
        items=_joined([one.items for one in known]),
    )
