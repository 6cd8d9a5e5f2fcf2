"""Which plain texts in YAML are numbers: those that the reference's parser (js-yaml 3) takes for one.

So `010` is eight, `1_000` a thousand and `1:30` ninety, as in YAML 1.1; `0o10`, `08` and `-.5` are texts.
"""

from __future__ import annotations

import math
import re
import sys

_MAX_LENGTH = 400  # digits beyond that make no number that clients can read
_SHORT = 20
_STARTS = frozenset("+-.0123456789")
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:(?P<zero>0)|0b(?P<two>[01_]*[01])|0x(?P<sixteen>[0-9a-fA-F_]*[0-9a-fA-F])|0(?P<eight>[0-7_]*[0-7])"
    r"|(?P<ten>[1-9](?:[0-9_]*[0-9])?)|(?P<sixty>[1-9][0-9_]*(?::[0-5]?[0-9])+))"
)
_FLOAT = re.compile(
    r"[-+]?(?:0|[1-9][0-9_]*)(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9_]+(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*"
)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_BASES = {"zero": 10, "two": 2, "eight": 8, "ten": 10, "sixteen": 16}


class TooLargeError(ValueError):
    """The number is no finite double."""


class NotFiniteError(ValueError):
    """The text says infinity, or that it is no number."""


def number(text: str) -> int | float | None:
    """The number that a plain scalar is, or None where it is a text.

    Raises:
        TooLargeError: it has more digits, or is larger, than a double can be.
        NotFiniteError: it is none that JSON knows.
    """
    if text[:1] not in _STARTS:
        return None
    if len(text) < _SHORT and text.isascii() and text.isdecimal() and text[0] != "0":
        return int(text)  # by far the most numbers, such as bounds
    if _NOT_FINITE.fullmatch(text):
        raise NotFiniteError
    is_integer = _INTEGER.fullmatch(text)
    if not is_integer and (not _FLOAT.fullmatch(text) or text.endswith("_")):
        return None
    if len(text) > _MAX_LENGTH:
        raise TooLargeError
    value = _integer(is_integer) if is_integer else _float(text.replace("_", ""))
    if abs(value) > sys.float_info.max:
        raise TooLargeError
    return value


def _integer(found: re.Match[str]) -> int:
    name, digits = next((name, digits) for name, digits in found.groupdict().items() if digits and name != "sign")
    digits = digits.replace("_", "")
    sign = -1 if found["sign"] == "-" else 1
    return sign * (int(_of_sixties(digits)) if name == "sixty" else int(digits, _BASES[name]))


def _float(text: str) -> float:
    if ":" not in text:
        return float(text)
    return math.copysign(_of_sixties(text.lstrip("+-")), -1 if text.startswith("-") else 1)


def _of_sixties(text: str) -> float:
    """Hours, minutes and seconds as seconds."""
    value: float = 0
    for part in text.split(":"):
        value = value * 60 + (float(part) if "." in part else int(part))
    return value
