"""How an event breaks its schema: place, keyword and a sentence that repeats nothing of the event."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import jsonschema_rs
from jsonschema_rs import ValidationErrorKind as Kind

from eventclient.testing.formats import FORMAT_OF

_MAX = 20


class Violation(NamedTuple):
    """For a missing or unexpected property `pointer` names that property itself."""

    pointer: str
    keyword: str
    message: str


def violations(validator: jsonschema_rs.Draft7Validator, event: Any) -> list[Violation]:
    """At most 20 of them, each once; nothing for an event that fits."""
    found: dict[Violation, None] = {}
    for error in validator.iter_errors(event):
        found.update(dict.fromkeys(_of(error)))
        if len(found) >= _MAX:
            break
    return list(found)[:_MAX]


def _of(error: jsonschema_rs.ValidationError) -> Iterator[Violation]:
    pointer = "".join(f"/{_escape(str(part))}" for part in error.instance_path)
    kind: Any = error.kind
    if isinstance(kind, Kind.AdditionalProperties):
        for name in kind.unexpected:
            yield Violation(f"{pointer}/{_escape(name)}", "additionalProperties", "is not part of the schema")
    elif isinstance(kind, Kind.Required):
        yield Violation(f"{pointer}/{_escape(kind.property)}", "required", "is missing")
    elif isinstance(kind, Kind.Pattern) and kind.pattern in FORMAT_OF:
        yield Violation(pointer, "format", f"must be in the format {FORMAT_OF[kind.pattern]}")
    else:
        yield Violation(
            pointer, kind.name, _SENTENCES.get(kind.name, "breaks the schema's {keyword}").format(keyword=kind.name)
        )


_SENTENCES = {
    "type": "has another type than the schema asks for",
    "enum": "is none of the values that the schema allows",
    "const": "is not the one value that the schema allows",
    "pattern": "doesn't match the schema's pattern",
    "minLength": "is shorter than the schema allows",
    "maxLength": "is longer than the schema allows",
    "minimum": "is less than the schema allows",
    "maximum": "is more than the schema allows",
    "anyOf": "fits none of the forms that the schema allows",
    "oneOf": "fits none, or more than one, of the forms of which the schema allows one",
    "minItems": "has fewer items than the schema allows",
    "maxItems": "has more items than the schema allows",
    "uniqueItems": "must not hold the same item twice",
}


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
