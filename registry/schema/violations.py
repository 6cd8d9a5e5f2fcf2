"""Says in a short sentence, and at which place, how an event breaks its schema; values of the event are never repeated."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from typing import Any

from jsonschema_rs import ValidationError
from jsonschema_rs import ValidationErrorKind as Kind

from eventplatform.core.pointers import pointer_of
from eventplatform.core.schemas import Violation
from registry.schema.formats import FORMAT_OF_PATTERN

_MAX_OPTIONS = 12
_MAX_TEXT = 120
_NO_FORM = "fits none of the forms that the schema allows"

_FORMATS = {
    "date": "a date, as 2026-11-18",
    "time": "a time, as 14:07:12Z",
    "date-time": "a date and time, as 2026-11-18T14:07:12Z",
    "uri": "an address with its scheme, as https://example.org/page",
    "uri-reference": "an address, as https://example.org/page or /page, with blanks written %20",
    "email": "an e-mail address",
    "hostname": "a host name, as example.org",
    "ipv4": "an IPv4 address, as 192.0.2.1",
    "ipv6": "an IPv6 address, as 2001:db8::1",
    "uuid": "a UUID, as 123e4567-e89b-12d3-a456-426614174000",
    "regex": "a regular expression",
}
_TYPES = {
    "array": "an array",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "text",
}


def violations_of(error: ValidationError) -> Iterator[Violation]:
    """What one error of the validator means; unexpected properties are told one by one."""
    way = error.instance_path
    pointer = pointer_of(way)
    kind = error.kind
    if isinstance(kind, Kind.AdditionalProperties):
        for name in kind.unexpected:
            yield Violation(pointer_of((*way, name)), "additionalProperties", "is not part of the schema")
    elif isinstance(kind, Kind.Required):
        yield Violation(pointer_of((*way, kind.property)), "required", "is missing")
    elif isinstance(kind, Kind.PropertyNames):
        inner = next(violations_of(kind.error))
        wrong = kind.error.instance
        place = pointer_of((*way, wrong)) if isinstance(wrong, str) else pointer
        yield Violation(place, "propertyNames", f"has a name that {inner.message}")
    elif isinstance(kind, Kind.AnyOf | Kind.OneOfNotValid):
        yield from _of_nearest_branch(kind, error, pointer)
    elif isinstance(kind, Kind.Pattern) and kind.pattern in FORMAT_OF_PATTERN:
        yield Violation(pointer, "format", _format(FORMAT_OF_PATTERN[kind.pattern]))
    else:
        yield Violation(pointer, kind.name, _sentence(kind, error))


def _of_nearest_branch(kind: Any, error: ValidationError, pointer: str) -> Iterator[Violation]:
    """What breaks the branch that comes nearest: one that takes a value of this kind, then one with fewer errors, farther in.

    Where no branch takes a value of this kind, the kinds that they take.
    """
    branches = [branch for branch in kind.context if branch]
    if not branches:
        yield Violation(pointer, kind.name, _NO_FORM)
        return
    types = [_types_wanted(branch, error) for branch in branches]
    if all(types):
        wanted = dict.fromkeys(name for names in types for name in names)
        either = _either([_TYPES.get(name, name) for name in wanted])
        yield Violation(pointer, kind.name, f"must be {either}, not {_kind_of(error.instance)}")
        return
    taking = [branch for branch, wanted in zip(branches, types, strict=True) if not wanted]
    nearest = min(taking, key=lambda branch: (len(branch), -max(len(one.instance_path) for one in branch)))
    forms = f" (in the nearest of {len(kind.context)} allowed forms)" if len(kind.context) > 1 else ""
    for inner in nearest:
        for violation in violations_of(inner):
            message = violation.message.removesuffix(forms) if forms else violation.message
            yield Violation(violation.pointer, kind.name, message + forms)


def _types_wanted(branch: list[ValidationError], error: ValidationError) -> list[str]:
    """The types that a branch asks for where `error` is, if the value there is of none of them."""
    at_place = [one.kind for one in branch if len(one.instance_path) == len(error.instance_path)]
    return [name for kind in at_place if isinstance(kind, Kind.Type) for name in kind.types]


def _sentence(kind: Any, error: ValidationError) -> str:
    write = _SENTENCES.get(type(kind))
    return f"breaks the schema's {kind.name}" if write is None else write(kind, error)


def _format(name: str) -> str:
    return f"must be {_FORMATS.get(name, f'in the format {name}')}"


def _type(kind: Any, error: ValidationError) -> str:
    return f"must be {_either([_TYPES.get(name, name) for name in kind.types])}, not {_kind_of(error.instance)}"


def _enum(kind: Any, error: ValidationError) -> str:
    options = [_short(option) for option in kind.options]
    shown = options if len(options) <= _MAX_OPTIONS else [*options[:_MAX_OPTIONS], f"one of {len(options) - _MAX_OPTIONS} more"]
    sentence = f"must be {_either(shown)}"
    value = error.instance
    near = difflib.get_close_matches(value[:_MAX_TEXT], options, n=1) if isinstance(value, str) else []
    return f"{sentence}. Did you mean {near[0]}?" if near else sentence


_SENTENCES: dict[type, Callable[[Any, ValidationError], str]] = {
    Kind.Type: _type,
    Kind.Enum: _enum,
    Kind.Constant: lambda kind, _error: f"must be {_short(kind.expected_value)}",
    Kind.Format: lambda kind, _error: _format(kind.format),
    Kind.Pattern: lambda kind, _error: f"must match the pattern {kind.pattern[:_MAX_TEXT]}",
    Kind.MinLength: lambda kind, _error: f"must have at least {_plural(kind.limit, 'character')}",
    Kind.MaxLength: lambda kind, _error: f"must have at most {_plural(kind.limit, 'character')}",
    Kind.MinItems: lambda kind, _error: f"must have at least {_plural(kind.limit, 'item')}",
    Kind.MaxItems: lambda kind, _error: f"must have at most {_plural(kind.limit, 'item')}",
    Kind.MinProperties: lambda kind, _error: f"must have at least {_plural(kind.limit, 'property', 'properties')}",
    Kind.MaxProperties: lambda kind, _error: f"must have at most {_plural(kind.limit, 'property', 'properties')}",
    Kind.Minimum: lambda kind, _error: f"must be {kind.limit} or more",
    Kind.Maximum: lambda kind, _error: f"must be {kind.limit} or less",
    Kind.ExclusiveMinimum: lambda kind, _error: f"must be more than {kind.limit}",
    Kind.ExclusiveMaximum: lambda kind, _error: f"must be less than {kind.limit}",
    Kind.MultipleOf: lambda kind, _error: f"must be a multiple of {kind.multiple_of}",
    Kind.UniqueItems: lambda _kind, _error: "must not hold the same item twice",
    Kind.AdditionalItems: lambda kind, _error: f"must have at most {_plural(kind.limit, 'item')}",
    Kind.Contains: lambda _kind, _error: "must hold at least one item of the kind the schema asks for",
    Kind.OneOfMultipleValid: lambda _kind, _error: "fits more than one of the forms of which the schema allows one",
    Kind.Not: lambda _kind, _error: "is what the schema forbids",
    Kind.FalseSchema: lambda _kind, _error: "is not allowed here",
}


def _plural(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…"


def _kind_of(value: Any) -> str:
    for types, words in (((bool,), "true or false"), ((int, float), "a number"), ((str,), "text")):
        if isinstance(value, types):
            return words
    return "null" if value is None else "an array" if isinstance(value, list) else "an object"
