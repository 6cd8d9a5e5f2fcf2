"""Filters of a request, `field operator value`, several and-ed: a closed little language, read once and bounded."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from monitoring.streaming.errors import FilterUnreadableError
from monitoring.streaming.paths import Path, read_path, values_at

MOST = 10
_MOST_VALUES = 50
_LONGEST = 1000
_SHOWN = 80
_PARTS = re.compile(r"(?P<path>[^=!<>^?|]+)(?P<operator>=|!=|\^=|>=|<=|>|<|!\?|\?)(?P<value>.*)", re.DOTALL)

# What each operator means; the page /?doc prints this.
OPERATORS: Mapping[str, str] = {
    "=": "the field has this value; a|b|c: one of these",
    "!=": "no value of the field is this one, or one of these",
    "^=": "the field's text begins so; a|b: with one of these",
    ">": "the number, or the text (such as a date), comes after this one; also >=, < and <=",
    "?": "the field is there, and not null",
    "!?": "the field is absent, or null",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition. Equal filters are equal objects: clients with the same ones share their work."""

    path: Path
    operator: str
    values: tuple[Any, ...] = ()
    _holds: Callable[[Collection[Any]], bool] = field(default=bool, compare=False, repr=False)

    def matches(self, event: Any) -> bool:
        """Whether it holds for an event; of a list, any item may."""
        return self._holds([value for value in values_at(event, self.path) if value is not None])


def matches(filters: Sequence[Filter], event: Any) -> bool:
    """Whether all of them hold."""
    return all(one.matches(event) for one in filters)


def read(texts: Sequence[str]) -> tuple[Filter, ...]:
    """The filters of a request, sorted, so that their order makes no difference.

    Raises:
        FilterUnreadableError: one says nothing, is too long, or there are too many.
    """
    if len(texts) > MOST:
        raise FilterUnreadableError(given=f"number {MOST + 1}", reason=f"there may be {MOST} of them")
    return tuple(sorted({_read(text) for text in texts}, key=lambda one: (one.path, one.operator, repr(one.values))))


def _read(text: str) -> Filter:
    found = _PARTS.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        reason = "it has no field and operator" if len(text) <= _LONGEST else f"it is longer than {_LONGEST} characters"
        raise FilterUnreadableError(given=text[:_SHOWN], reason=reason)
    try:
        path = read_path(found["path"].strip())
    except ValueError:
        raise FilterUnreadableError(given=text[:_SHOWN], reason="its field is no path") from None
    values = _values(found["value"]) if found["operator"] not in ("?", "!?") else ()
    if found["operator"] == "^=":
        values = tuple(one if isinstance(one, str) else orjson.dumps(one).decode() for one in values)
    _check(text, found["operator"], found["value"], values)
    return Filter(path, found["operator"], values, _HOLDS[found["operator"]](values))


def _check(text: str, operator: str, value: str, values: Sequence[Any]) -> None:
    reason = ""
    if operator in ("?", "!?") and value:
        reason = f"nothing stands behind {operator}"
    elif operator[0] in "<>" and len(values) != 1:
        reason = "it compares with one value"
    elif operator == "^=" and not all(values):
        reason = "every text begins with nothing"
    elif len(values) > _MOST_VALUES:
        reason = f"it may name {_MOST_VALUES} values"
    if reason:
        raise FilterUnreadableError(given=text[:_SHOWN], reason=reason)


_VALUE = re.compile(r'("(?:[^"\\]|\\.)*"|[^|]*)(\||$)')


def _values(text: str) -> tuple[Any, ...]:
    """The values between bars: `"a|b"` in quotes is a text, `5` and `true` are themselves, all else is a text."""
    found, at = [], 0
    while at <= len(text):
        part = _VALUE.match(text, at)
        if part is None:  # a quote that doesn't end its value: plain text
            return tuple(map(_value, text.split("|")))
        found.append(_value(part[1]))
        at = part.end()
        if not part[2]:
            break
    return tuple(found)


def _value(text: str) -> Any:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return value if isinstance(value, str | int | float | bool) else text


def _equals(values: Sequence[Any]) -> Callable[[Any], bool]:
    """Equality as people mean it: 5 is also the text "5", true is not 1."""
    texts = {value if isinstance(value, str) else orjson.dumps(value).decode() for value in values}
    numbers = {value for value in values if isinstance(value, int | float) and not isinstance(value, bool)}
    flags = {value for value in values if isinstance(value, bool)}

    def is_equal(value: Any) -> bool:
        if isinstance(value, str):
            return value in texts
        if isinstance(value, bool):
            return value in flags
        return isinstance(value, int | float) and value in numbers

    return is_equal


def _is_any(values: Sequence[Any]) -> Callable[[Collection[Any]], bool]:
    is_equal = _equals(values)
    return lambda found: any(map(is_equal, found))


def _is_none(values: Sequence[Any]) -> Callable[[Collection[Any]], bool]:
    is_equal = _equals(values)
    return lambda found: not any(map(is_equal, found))


def _begins(values: Sequence[Any]) -> Callable[[Collection[Any]], bool]:
    beginnings = tuple(map(str, values))
    return lambda found: any(isinstance(value, str) and value.startswith(beginnings) for value in found)


def _compares(is_so: Callable[[Any, Any], bool]) -> Callable[[Sequence[Any]], Callable[[Collection[Any]], bool]]:
    def made(values: Sequence[Any]) -> Callable[[Collection[Any]], bool]:
        wanted = values[0] if values else ""
        return lambda found: any(_are_alike(value, wanted) and is_so(value, wanted) for value in found)

    return made


def _are_alike(one: Any, other: Any) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str)
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))


_HOLDS: Mapping[str, Callable[[Sequence[Any]], Callable[[Collection[Any]], bool]]] = {
    "=": _is_any,
    "!=": _is_none,
    "^=": _begins,
    ">": _compares(lambda one, other: one > other),
    ">=": _compares(lambda one, other: one >= other),
    "<": _compares(lambda one, other: one < other),
    "<=": _compares(lambda one, other: one <= other),
    "?": lambda _: bool,
    "!?": lambda _: lambda found: not found,
}
