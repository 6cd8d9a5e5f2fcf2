"""Turns one difference into a Change: what, why, whom it breaks, what becomes of columns, which version it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from registry.compatibility import facts, words
from registry.compatibility.contract import BUMPS, Bump, Change, Direction, Party
from registry.compatibility.facts import Schema
from registry.compatibility.place import Place

_MOVEMENTS: Mapping[frozenset[Direction], str] = {
    frozenset(): "reworded",
    frozenset({"backward"}): "tightened",
    frozenset({"forward"}): "loosened",
    frozenset({"backward", "forward"}): "changed",
}
_WHY = {
    "reworded": "The same events pass as before: nobody is affected.",
    "tightened": "Producers whose events don't keep to that are refused. Consumers are fine.",
    "loosened": "Producers are fine. Consumers may meet values that the old version refused.",
    "changed": "Neither version is sure to admit what the other does: producers may be refused, consumers may meet new values.",
}
_KEBAB = {
    "minLength": "min-length",
    "maxLength": "max-length",
    "minItems": "min-items",
    "maxItems": "max-items",
    "uniqueItems": "unique-items",
    "minProperties": "min-properties",
    "maxProperties": "max-properties",
    "multipleOf": "multiple-of",
    "propertyNames": "property-names",
    "patternProperties": "pattern-properties",
    "additionalProperties": "additional-properties",
    "allOf": "all-of",
    "anyOf": "any-of",
    "oneOf": "one-of",
}


def told(
    group: str,
    place: Place,
    versions: tuple[Schema, Schema],
    against: frozenset[Direction],
    *,
    keyword: str,
    has_more_types: bool = False,
) -> Change:
    """The change of one group of keywords; `keyword` is the one to point at.

    Consumers break where values of another type may come; more values of the same type are an addition.
    """
    old, new = versions
    was, becomes = words.said(old, group), words.said(new, group)
    is_said = was != becomes
    change = Change(
        code=f"{_KEBAB.get(group, group)}-{_MOVEMENTS[against]}",
        pointer=place.keyword(keyword),
        path=place.path,
        what=f"{place.name} was {was} and is {becomes} now." if is_said else f"What {place.noun} says by {group} changed.",
        why=_reason(group, old, new, against),
        bump="patch",
        old=was if is_said else "",
        new=becomes if is_said else "",
        breaks=frozenset({"consumers"}) if has_more_types else frozenset(),
        against=against,
    )
    return settled(change)


def settled(change: Change, least: Bump = "patch") -> Change:
    """The change with what follows: producers break where old events are refused, and any break asks for a major version."""
    refused: frozenset[Party] = frozenset({"producers"}) if "backward" in change.against else frozenset()
    breaks = change.breaks - {"producers"} | refused
    bump: Bump = "major" if breaks else "minor" if change.against else least
    return replace(change, breaks=breaks, bump=max(bump, least, key=BUMPS.index))


def narrowed(change: Change, against: frozenset[Direction]) -> Change:
    """The change where the whole around it is known to be against these directions at most."""
    return settled(replace(change, against=change.against & against), "patch" if change.bump == "patch" else "minor")


def with_column(change: Change, place: Place, old: Schema, new: Schema) -> Change:
    """The change, with what becomes of the field's column if its kind is another now."""
    was, becomes = column_kind(old), column_kind(new)
    if was == becomes or not place.column:
        return change
    kinds = [f"of {kind}" if kind else "for each field inside" for kind in (was, becomes)]
    table = f"Column {place.column}: what was one {kinds[0]} becomes one {kinds[1]}."
    return settled(replace(change, table=table, breaks=change.breaks | {"tables"}))


def column_kind(schema: Schema) -> str:
    """What a table's column holds; empty where the fields inside have columns of their own."""
    given = schema.get("type", [])
    types = ({given} if isinstance(given, str) else set(given)) - {"null"}
    is_map = isinstance(schema.get("additionalProperties"), Mapping)
    if facts.properties(schema) and not is_map and types <= {"object"}:
        return ""
    if len(types) != 1 or types & {"array", "object"}:
        return "JSON"
    return {"string": "time" if schema.get("format") == "date-time" else "text"}.get(only := types.pop(), only)


def _reason(group: str, old: Schema, new: Schema, against: frozenset[Direction]) -> str:
    if group == "type":
        return _reason_of_type(old, new, against)
    if group == "enum" and "enum" in old and "enum" in new:
        return _reason_of_values(old, new)
    if group in {"pattern", "format"} and group in old and group in new and against:
        return f"Whether what kept to the old {group} keeps to the new one can't be told: take it that some events don't."
    return _WHY[_MOVEMENTS[against]]


def _reason_of_type(old: Schema, new: Schema, against: frozenset[Direction]) -> str:
    was, becomes = (facts.types_of({"type": schema["type"]} if "type" in schema else {}) for schema in (old, new))
    gone, fresh = was - becomes, becomes - was
    if fresh == {"number"} and not gone:
        return "Whole numbers still pass: producers are fine. Consumers and columns made for whole numbers must take fractions."
    if gone and fresh:
        return "Producers that send the old type are refused; consumers must read the new one."
    if fresh == {"null"}:
        return "Consumers must accept null. Producers are fine."
    if fresh:
        return f"Consumers must read {_either(fresh)} too. Producers are fine."
    return f"Producers that send {_either(gone)} are refused. Consumers are fine." if gone else _WHY[_MOVEMENTS[against]]


def _reason_of_values(old: Schema, new: Schema) -> str:
    before, after = facts.listed_values(old) or (), facts.listed_values(new) or ()
    kept, known = set(map(facts.value_key, after)), set(map(facts.value_key, before))
    gone = [value for value in before if facts.value_key(value) not in kept]
    fresh = [value for value in after if facts.value_key(value) not in known]
    producers = f"Producers that send {words.listed(gone)} are refused." if gone else "Producers are fine."
    consumers = (
        f"Consumers may meet {words.listed(fresh)}, which the old version didn't list." if fresh else "Consumers are fine."
    )
    return f"{producers} {consumers}"


def _either(types: frozenset[str]) -> str:
    names = sorted(types - {"integer"} if "number" in types else types)
    return words.listed(["fractions" if name == "number" else name for name in names])
