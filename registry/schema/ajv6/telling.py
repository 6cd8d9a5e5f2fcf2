"""Tells the errors of an event in the order in which the program that Ajv writes comes upon them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

import orjson

from eventplatform.core.pointers import unescape
from eventplatform.core.schemas import AjvError, Violation
from registry.schema import defaults
from registry.schema.ajv6 import arrays, combined, javascript, objects, scalars
from registry.schema.ajv6.place import Place, says_something
from registry.schema.ajv6.types import is_of, is_one_of, types_of
from registry.schema.validators import matcher, predicate

Rule = Callable[[Any, Mapping[str, Any], Any, Place], Iterator[AjvError]]
MAX_STEPS = 50_000  # values judged by a schema, some microseconds each; a path counts by its length
_CHARACTERS_PER_STEP = 200


class _Group(NamedTuple):
    """Rules for values of one type, or of any, in the order in which they are asked; each with the keywords that call it."""

    type: str
    rules: tuple[tuple[frozenset[str], Rule], ...]


def _group(kind: str, rules: Mapping[str, Rule]) -> _Group:
    return _Group(kind, tuple((frozenset(words.split()), rule) for words, rule in rules.items()))


_GROUPS = (
    _group(
        "number",
        {
            "maximum exclusiveMaximum": scalars.maximum,
            "minimum exclusiveMinimum": scalars.minimum,
            "multipleOf": scalars.multiple_of,
            "format": scalars.no_format,
        },
    ),
    _group(
        "string",
        {
            "maxLength": scalars.max_length,
            "minLength": scalars.min_length,
            "pattern": scalars.pattern,
            "format": scalars.text_format,
        },
    ),
    _group(
        "array",
        {
            "maxItems": arrays.max_items,
            "minItems": arrays.min_items,
            "items": arrays.items,
            "contains": arrays.contains,
            "uniqueItems": arrays.unique_items,
        },
    ),
    _group(
        "object",
        {
            "maxProperties": objects.max_properties,
            "minProperties": objects.min_properties,
            "required": objects.required,
            "dependencies": objects.dependencies,
            "propertyNames": objects.property_names,
            "properties additionalProperties patternProperties": objects.properties,
        },
    ),
    _group(
        "",
        {
            "const": combined.const,
            "enum": combined.enum,
            "not": combined.none_of,
            "anyOf": combined.any_of,
            "oneOf": combined.one_of,
            "allOf": combined.all_of,
            "if": combined.if_then_else,
        },
    ),
)


class _Program(NamedTuple):
    """What is asked of a value by one schema, in this order."""

    types: list[str]
    asks_type_first: bool  # else where the rules for values of that type would be
    is_reference: bool  # then nothing else counts
    groups: list[tuple[str, list[Rule]]]


def _program(schema: Mapping[str, Any]) -> _Program:
    groups = [(kind, used) for kind, rules in _GROUPS if (used := [rule for words, rule in rules if words & schema.keys()])]
    types = types_of(schema)
    has_own_group = len(types) == 1 and types[0] in {kind for kind, _ in groups}
    return _Program(types, bool(types) and not has_own_group, "$ref" in schema, groups)


class _WorkDoneError(Exception):
    """An event and a schema that would cost too much to compare to the end."""


def errors_text(errors: Iterable[AjvError]) -> str:
    """All errors in one line, as EventGate words it."""
    return ", ".join(f"'{error.data_path}' {error.message}" for error in errors)


def as_ajv(violation: Violation) -> AjvError:
    """Our own words in Ajv's form, for what Ajv would have let pass or what was too much to compare."""
    path = "".join(javascript.named(unescape(part)) for part in violation.pointer.split("/")[1:])
    return AjvError(violation.keyword, path, f"#/{violation.keyword}", {}, violation.message)


class _Known(NamedTuple):
    """Worked out once for a document: what its schemas ask, by their identity, and the tests of its patterns and formats."""

    programs: dict[int, _Program]
    tests: dict[str, Callable[[Any], bool]]


class Ajv:
    """Tells the errors of events by one self-contained schema."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._fills = defaults.filler(document) is not None
        self._known = _Known({}, {})

    def errors(self, event: Mapping[str, Any], limit: int) -> list[AjvError]:
        """At most `limit` errors; of an event that is too much work those found until then. `event` is left as it is."""
        data = orjson.loads(orjson.dumps(event)) if self._fills else event
        errors: list[AjvError] = []
        judge = _Judge(self._document, self._known, limit)
        try:
            for error in islice(judge.errors(self._document, data, Place()), limit):
                errors.append(error)
                judge.work(len(error.data_path) // _CHARACTERS_PER_STEP)  # each error repeats the names above it
        except (_WorkDoneError, RecursionError):
            return errors
        return errors


class _Judge:
    """Judges one event."""

    def __init__(self, document: Mapping[str, Any], known: _Known, limit: int) -> None:
        self._document, self._limit = document, limit
        self._programs, self._tests = known
        self._steps = 0

    def errors(self, schema: Any, data: Any, place: Place) -> Iterator[AjvError]:
        """How `data` breaks a schema."""
        self.work(1 + (len(place.data_path) + len(place.schema_path)) // _CHARACTERS_PER_STEP)
        if not says_something(schema):
            return
        if schema is False:
            yield place.error("false schema", {}, "boolean schema is false")
            return
        program = self._programs.get(id(schema)) or self._programs.setdefault(id(schema), _program(schema))
        if program.asks_type_first and not is_one_of(program.types, data):
            yield _wrong_type(program.types, place)
        if program.is_reference:
            yield from combined.reference(self, schema, data, place)
            return
        for kind, rules in program.groups:
            if not kind or is_of(kind, data):
                yield from self._by_group(rules, schema, data, place)
            elif [kind] == program.types:
                yield _wrong_type(program.types, place)

    def _by_group(self, rules: list[Rule], schema: Mapping[str, Any], data: Any, place: Place) -> Iterator[AjvError]:
        if not place.is_tried:
            defaults.fill_here(schema, data)
        for rule in rules:
            yield from rule(self, schema, data, place)

    def listed(self, schema: Any, data: Any, place: Place) -> list[AjvError]:
        """Likewise, all at once; of very many the first."""
        return list(islice(self.errors(schema, data, place), self._limit))

    def matches(self, pattern: str, text: str) -> bool:
        """Whether the text matches, in a time that grows with the text alone."""
        self.work(1)
        return self._test(f"pattern {pattern}", lambda: matcher(pattern))(text)

    def has_format(self, name: str, text: str) -> bool:
        """Whether the text has that format as Ajv's fast mode understands it; unknown ones say nothing."""
        return self._test(f"format {name}", lambda: predicate({"format": name}))(text)

    def _test(self, key: str, make: Callable[[], Callable[[Any], bool]]) -> Callable[[Any], bool]:
        test = self._tests.get(key)
        if test is None:
            test = self._tests[key] = make()
        return test

    def at(self, reference: str) -> Any:
        """The schema that a `$ref` within the document leads to."""
        found: Any = self._document
        for part in reference.partition("#")[2].split("/")[1:]:
            found = found[int(part)] if isinstance(found, list) else found[unescape(part)]
        return found

    def work(self, steps: int) -> None:
        """Count what is more work than one rule for one value."""
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise _WorkDoneError


def _wrong_type(types: list[str], place: Place) -> AjvError:
    wanted = ",".join(types)
    return place.error("type", {"type": wanted}, f"should be {wanted}")
