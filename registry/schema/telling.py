"""Finds how an event breaks a schema, and lets neither choose what that costs.

The validator's list of all errors is made at once, with a copy of what was allowed in each: half a million wrong items
would take seconds and a gigabyte, and so would a few thousand below a long name, which each error repeats. So of what is
large only the first error is asked for, which costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from eventplatform.core.schemas import Violation
from registry.schema import keywords
from registry.schema.violations import violations_of

_MAX_ERRORS = 10_000  # that could be found at most, some ten microseconds each
_MAX_IN_FORMS = 10 * _MAX_ERRORS  # even the first error of alternatives lists all those inside each of them
_CHARACTERS_PER_ERROR = 250  # of the names that lead to a value
_VALUES_PER_ERROR = 50  # copying that many listed values costs as much as another error
_SOMEWHERE = Violation("", "size", "breaks the schema, and is too large to tell where")


class Teller:
    """Tells the errors of events by one validator."""

    __slots__ = ("_has_forms", "_most_per_value", "_validator")

    def __init__(self, validator: jsonschema_rs.Draft7Validator, document: Mapping[str, Any]) -> None:
        self._validator = validator
        forms, self._most_per_value = _most_errors_per_value(document)
        self._has_forms = forms > 0

    def violations(self, event: Any) -> Iterator[Violation]:
        """How the event breaks the schema; nothing for one that doesn't. Of a large one the first alone."""
        most = _values_in(event, _MAX_IN_FORMS) * self._most_per_value
        if most <= _MAX_ERRORS:
            for error in self._validator.iter_errors(event):
                yield from violations_of(error)
        else:
            yield from self._first(event, is_told=most <= _MAX_IN_FORMS or not self._has_forms)

    def first(self, event: Any) -> Violation | None:
        """The first of them."""
        return next(self._first(event, is_told=True), None)

    def _first(self, event: Any, *, is_told: bool) -> Iterator[Violation]:
        if self._validator.is_valid(event):
            return
        if not is_told:
            yield _SOMEWHERE
            return
        try:
            self._validator.validate(event)
        except jsonschema_rs.ValidationError as error:
            yield from violations_of(error)


def _most_errors_per_value(document: Mapping[str, Any]) -> tuple[int, int]:
    """How many alternatives there are in all, and a measure of the errors that one value can have."""
    forms = names = values = 0
    for _, schema in keywords.walk(document):
        if isinstance(schema, dict):
            forms += sum(_length(schema, keyword) for keyword in ("anyOf", "oneOf"))
            names = max(names, _length(schema, "required"))
            values = max(values, _length(schema, "enum"))
    return forms, 1 + forms + names + values // _VALUES_PER_ERROR


def _length(schema: Mapping[str, Any], keyword: str) -> int:
    given = schema.get(keyword)
    return len(given) if isinstance(given, list) else 0


def _values_in(event: Any, most: int) -> int:
    """How many values an event holds, counted no farther than `most`; one that long names lead to counts as several."""
    count, waiting = 1, [(event, 0)]
    while waiting and count <= most:
        value, length = waiting.pop()
        if isinstance(value, Mapping):
            inner = [(child, length + len(name)) for name, child in value.items()]
            count += sum(1 + characters // _CHARACTERS_PER_ERROR for _, characters in inner)
            waiting += inner
        elif isinstance(value, list):
            count += len(value) * (1 + length // _CHARACTERS_PER_ERROR)
            if count <= most:
                waiting += [(child, length) for child in value]
    return count
