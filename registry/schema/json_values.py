"""Compares and sorts JSON values as the reference's language does: true is not 1, texts go by UTF-16, null comes last."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cmp_to_key
from itertools import chain
from typing import Any


class _Absent:
    """What JavaScript calls undefined."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = _Absent()


def equal(one: Any, other: Any) -> bool:
    """Whether both are the same JSON value."""
    return one is other or (one == other and _same_kinds(one, other))


def _same_kinds(one: Any, other: Any) -> bool:
    """True where no number of one stands where the other, equal to it for Python, has true or false."""
    if isinstance(one, dict):
        return all(_same_kinds(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return all(map(_same_kinds, one, other))
    return isinstance(one, bool) == isinstance(other, bool)


def key_of(value: Any) -> Any:
    """Equal for equal JSON values, and hashable."""
    if isinstance(value, dict):
        return frozenset((name, key_of(item)) for name, item in value.items())
    if isinstance(value, list):
        return tuple(map(key_of, value))
    return isinstance(value, bool), value


def unique(values: Iterable[Any], is_same: Callable[[Any, Any], bool]) -> list[Any]:
    """The values, without those that are the same as an earlier one."""
    kept: list[Any] = []
    for value in values:
        if not any(is_same(value, earlier) for earlier in kept):
            kept.append(value)
    return kept


def flat(values: Any) -> list[Any]:
    """All that lists within lists hold."""
    return list(chain.from_iterable(flat(value) if isinstance(value, list) else [value] for value in values))


def sorted_once(values: Any) -> list[Any]:
    """The values in order, scalars once each; nothing where there is no list."""
    if not isinstance(values, list):
        return []
    once: dict[Any, Any] = {}
    for value in values:
        once.setdefault(_identity(value), value)
    return ascending(list(once.values()))


def ascending(values: list[Any]) -> list[Any]:
    """The values in the order in which JavaScript's comparisons put them."""
    if all(isinstance(value, str) for value in values):
        return sorted(values, key=_utf_16)
    return sorted(values, key=cmp_to_key(_compare))


def _identity(value: Any) -> Any:
    return id(value) if isinstance(value, dict | list) else (isinstance(value, bool), value)


def _utf_16(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def _compare(one: Any, other: Any) -> int:
    if one is None or other is None:
        return (one is None) - (other is None)
    left, right = _primitive(one), _primitive(other)
    if isinstance(left, str) and isinstance(right, str):
        return (_utf_16(left) > _utf_16(right)) - (_utf_16(left) < _utf_16(right))
    numbers = _number(left), _number(right)
    return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])


def _primitive(value: Any) -> Any:
    if isinstance(value, dict):
        return "[object Object]"
    return ",".join(map(_text, value)) if isinstance(value, list) else value


def _text(value: Any) -> str:
    words = {None: "", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else str(_primitive(value))


def _number(value: Any) -> float:
    if not isinstance(value, str):
        return float(value)
    try:
        return float(value) if value.strip() else 0.0
    except ValueError:
        return float("nan")  # neither more nor less than anything
