"""What JavaScript makes of values: `JSON.stringify` to the byte, and how a value reads within a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

# Keys that an object of JavaScript's puts first, as numbers, whatever order they came in.
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_MAX_INDEX = 2**32 - 2
_PLAIN_DIGITS = 21  # larger numbers are written with an exponent


def stringify(document: Any) -> bytes:
    """The document as `JSON.stringify` writes it after `JSON.parse`.

    orjson writes texts alike. Numbers with a fraction and the order of keys that are whole numbers differ; whole numbers beyond
    2^53, which JavaScript changes, stay as they are.
    """
    return orjson.dumps(_prepared(document))


def _prepared(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {key: _prepared(value[key]) for key in ordered(value)}
    if kind is list:
        return [_prepared(item) for item in value]
    return orjson.Fragment(number(value).encode()) if kind is float else value


def ordered(keys: Mapping[str, Any]) -> list[str]:
    """The names in the order of `Object.keys`: whole numbers first, ascending, then as they were written."""
    indices = [key for key in keys if _INDEX.fullmatch(key) and int(key) <= _MAX_INDEX]
    if not indices:
        return list(keys)
    first = set(indices)
    return [*sorted(indices, key=int), *(key for key in keys if key not in first)]


def number(value: float) -> str:
    """A finite number as JavaScript writes it: the fewest digits that mean it, `1` for 1.0, an exponent only where it must."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) if whole != "0" else int(exponent or 0) - (len(fraction) - len(digits))
    digits = digits.rstrip("0") or "0"
    return sign + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    """The digits with the point after so many of them."""
    count = len(digits)
    if count <= point <= _PLAIN_DIGITS:
        return digits + "0" * (point - count)
    if 0 < point <= _PLAIN_DIGITS:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:  # noqa: PLR2004  # from ECMA-262, Number::toString
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if count > 1 else ""
    return f"{digits[0]}{fraction}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def text(value: Any) -> str:
    """A value of JSON within a template: `${value}`."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, list):
        return ",".join("" if item is None else text(item) for item in value)
    return "[object Object]" if isinstance(value, dict) else number(value) if isinstance(value, float) else str(value)


def is_truthy(value: Any) -> bool:
    """Whether `if (value)` goes in; unlike Python's, an empty object or array is true."""
    return isinstance(value, dict | list) or bool(value)
