"""Ajv's rules for values of any type: those that list what is allowed, and those that combine schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eventplatform.core.schemas import AjvError
from registry.schema import json_values
from registry.schema.ajv6.place import Judge, Place, says_something

_VALUES_PER_STEP = 50


def const(_judge: Judge, schema: Mapping[str, Any], data: Any, place: Place) -> Iterator[AjvError]:
    """One value alone."""
    if not json_values.equal(data, schema["const"]):
        yield place.error("const", {"allowedValue": schema["const"]}, "should be equal to constant")


def enum(judge: Judge, schema: Mapping[str, Any], data: Any, place: Place) -> Iterator[AjvError]:
    """One of a list."""
    judge.work(len(schema["enum"]) // _VALUES_PER_STEP)
    if not any(json_values.equal(data, value) for value in schema["enum"]):
        yield place.error("enum", {"allowedValues": schema["enum"]}, "should be equal to one of the allowed values")


def none_of(judge: Judge, schema: Mapping[str, Any], data: Any, place: Place) -> Iterator[AjvError]:
    """`not`."""
    if not judge.listed(schema["not"], data, place.tried("not")):
        yield place.error("not", {}, "should NOT be valid")


def any_of(judge: Judge, schema: Mapping[str, Any], data: Any, place: Place) -> Iterator[AjvError]:
    """Where no form fits, what is wrong by each of them, too."""
    if not all(map(says_something, schema["anyOf"])):
        return
    errors: list[AjvError] = []
    for index, form in enumerate(schema["anyOf"]):
        wrong = judge.listed(form, data, place.tried("anyOf", index))
        if not wrong:
            return
        errors += wrong
    yield from errors
    yield place.error("anyOf", {}, "should match some schema in anyOf")


def one_of(judge: Judge, schema: Mapping[str, Any], data: Any, place: Place) -> Iterator[AjvError]:
    """Stops at the second form that fits."""
    errors: list[AjvError] = []
    passing: list[int] = []
    for index, form in enumerate(schema["oneOf"]):
        wrong = judge.listed(form, data, place.tried("oneOf", index))
        errors += wrong
        passing += [] if wrong else [index]
        if len(passing) > 1:
            break
    if len(passing) != 1:
        yield from errors
        yield place.error("oneOf", {"passingSchemas": passing or None}, "should match exactly one schema in oneOf")


def all_of(judge: Judge, schema: Mapping[str, Any], data: Any, place: Place) -> Iterator[AjvError]:
    """Every form."""
    for index, form in enumerate(schema["allOf"]):
        yield from judge.errors(form, data, place.by("allOf", index))


def if_then_else(judge: Judge, schema: Mapping[str, Any], data: Any, place: Place) -> Iterator[AjvError]:
    """The test itself tells nothing."""
    if not (says_something(schema.get("then")) or says_something(schema.get("else"))):
        return
    clause = "else" if judge.listed(schema["if"], data, place.tried("if")) else "then"
    errors = judge.listed(schema.get(clause), data, place.by(clause))
    if errors:
        yield from errors
        yield place.error("if", {"failingKeyword": clause}, f'should match "{clause}" schema')


def reference(judge: Judge, schema: Mapping[str, Any], data: Any, place: Place) -> Iterator[AjvError]:
    """A part of the same document; its path in the schema starts anew."""
    yield from judge.errors(judge.at(schema["$ref"]), data, place._replace(schema_path=schema["$ref"]))
