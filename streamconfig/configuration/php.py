"""Values as PHP sees them: the reference's merge and constraints depend on its arrays and on its strings of scalars."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

# A PHP array has one kind of key space; "0" is the integer 0 there, "00" and "-0" are strings.
Key = int | str
_INTEGER = re.compile(r"0|-?[1-9]\d{0,17}")


def key(text: str) -> Key:
    """The key that an array makes of a string."""
    return int(text) if _INTEGER.fullmatch(text) else text


def is_array(value: Any) -> bool:
    """Both of JSON's containers are arrays in PHP."""
    return isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str | bytes))


def items(array: Any) -> dict[Key, Any]:
    """A container as keys and values, lists by index."""
    if isinstance(array, Mapping):
        return {key(name) if isinstance(name, str) else name: value for name, value in array.items()}
    return dict(enumerate(array))


def is_list(array: Any) -> bool:
    """`array_is_list`: the keys are 0, 1, 2 …; an empty array is a list."""
    return list(items(array)) == list(range(len(array)))


def from_items(array: Mapping[Key, Any]) -> Any:
    """Back to JSON's containers: a list where PHP would print one."""
    if list(array) == list(range(len(array))):
        return list(array.values())
    return {str(name): value for name, value in array.items()}


def text(value: Any) -> str:
    """The string that PHP makes of a value when it compares: true is "1", false and null are empty, 1.0 is "1"."""
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, float):
        return _float_text(value)
    return "Array" if is_array(value) else str(value)


def _float_text(value: float) -> str:
    """A float in 14 digits, PHP's `precision`, with its exponents: 0.15, 1, 1.0E-7, 1.0E+25."""
    if not math.isfinite(value):
        return {"inf": "INF", "-inf": "-INF"}.get(str(value), "NAN")
    mantissa, _, exponent = f"{value:.14G}".partition("E")
    if not exponent:
        return mantissa
    mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{mantissa}E{int(exponent):+d}"
