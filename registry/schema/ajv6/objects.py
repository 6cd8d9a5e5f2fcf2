"""Ajv's rules for objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from eventplatform.core.schemas import AjvError
from registry.schema.ajv6.javascript import fragment, joined, keys, number, number_text
from registry.schema.ajv6.place import Judge, Place, says_something

_LOOP = 20  # from that many required properties on, Ajv asks for all of them in one loop, before any property is judged


def max_properties(_judge: Judge, schema: Mapping[str, Any], data: dict[str, Any], place: Place) -> Iterator[AjvError]:
    """No more than that."""
    limit = schema["maxProperties"]
    if len(data) > limit:
        message = f"should NOT have more than {number_text(limit)} properties"
        yield place.error("maxProperties", {"limit": number(limit)}, message)


def min_properties(_judge: Judge, schema: Mapping[str, Any], data: dict[str, Any], place: Place) -> Iterator[AjvError]:
    """No fewer."""
    limit = schema["minProperties"]
    if len(data) < limit:
        message = f"should NOT have fewer than {number_text(limit)} properties"
        yield place.error("minProperties", {"limit": number(limit)}, message)


def required(_judge: Judge, schema: Mapping[str, Any], data: dict[str, Any], place: Place) -> Iterator[AjvError]:
    """Those that `properties` does not ask for itself; one that may not be there at all is asked for twice."""
    described = schema.get("properties") or {}
    for name in schema["required"]:
        inner = described.get(name, False)
        is_asked_there = len(schema["required"]) < _LOOP and inner is not False and says_something(inner)
        if name not in data and not is_asked_there:
            yield _missing(name, place)


def _missing(name: str, place: Place) -> AjvError:
    return place.error("required", {"missingProperty": name}, f"should have required property '{name}'")


def dependencies(judge: Judge, schema: Mapping[str, Any], data: dict[str, Any], place: Place) -> Iterator[AjvError]:
    """First what other properties must be there, then what schemas hold."""
    wanted = schema["dependencies"]
    present = [name for name in keys(wanted) if name in data]
    for name in present:
        if isinstance(wanted[name], list):
            yield from _lacking(name, wanted[name], data, place)
    for name in present:
        if not isinstance(wanted[name], list) and says_something(wanted[name]):
            yield from judge.errors(wanted[name], data, place.by("dependencies", fragment(name)))


def _lacking(name: str, needed: list[str], data: dict[str, Any], place: Place) -> Iterator[AjvError]:
    which = f"property {needed[0]}" if len(needed) == 1 else f"properties {joined(needed)}"
    for other in needed:
        if other not in data:
            params = {"property": name, "missingProperty": other, "depsCount": len(needed), "deps": joined(needed)}
            yield place.error("dependencies", params, f"should have {which} when property {name} is present")


def property_names(judge: Judge, schema: Mapping[str, Any], data: dict[str, Any], place: Place) -> Iterator[AjvError]:
    """What is wrong with a name is told at the place of the object."""
    wanted = schema["propertyNames"]
    if not says_something(wanted):
        return
    for name in keys(data):
        wrong = judge.listed(wanted, name, place.tried("propertyNames"))
        if wrong:
            yield from (replace(error, property_name=name) for error in wrong)
            yield place.error("propertyNames", {"propertyName": name}, f"property name '{name}' is invalid")


def properties(judge: Judge, schema: Mapping[str, Any], data: dict[str, Any], place: Place) -> Iterator[AjvError]:
    """First those that no part of the schema describes, then those it names, then those whose name it describes."""
    described = [name for name in keys(schema.get("properties")) if name != "__proto__"]
    patterns = keys(schema.get("patternProperties"))
    yield from _additional(judge, schema, _undescribed(judge, data, frozenset(described), patterns), data, place)
    for name in described:
        yield from _described(judge, schema, name, data, place)
    for pattern in patterns:
        inner = schema["patternProperties"][pattern]
        matching = [name for name in keys(data) if judge.matches(pattern, name)] if says_something(inner) else []
        for name in matching:
            yield from judge.errors(inner, data[name], place.found(name, "patternProperties", fragment(pattern)))


def _undescribed(judge: Judge, data: dict[str, Any], described: frozenset[str], patterns: list[str]) -> Iterator[str]:
    for name in keys(data):
        if name not in described and not any(judge.matches(pattern, name) for pattern in patterns):
            yield name


def _additional(
    judge: Judge, schema: Mapping[str, Any], names: Iterable[str], data: dict[str, Any], place: Place
) -> Iterator[AjvError]:
    rest = schema.get("additionalProperties")
    if rest is False:
        for name in names:
            params = {"additionalProperty": name}
            yield place.error("additionalProperties", params, "should NOT have additional properties")
    elif isinstance(rest, dict) and rest:
        for name in names:
            yield from judge.errors(rest, data[name], place.found(name, "additionalProperties"))


def _described(judge: Judge, schema: Mapping[str, Any], name: str, data: dict[str, Any], place: Place) -> Iterator[AjvError]:
    inner = schema["properties"][name]
    if not says_something(inner):
        return
    if name in data:
        yield from judge.errors(inner, data[name], place.named(name, "properties", fragment(name)))
    elif name in schema.get("required", ()) and len(schema["required"]) < _LOOP:
        yield _missing(name, place)
