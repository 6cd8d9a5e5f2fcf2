"""What of JavaScript shows in Ajv's errors: the order of keys, how numbers are written, how a property is named in a path."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from registry.schema.keywords import escape

_INDEX = re.compile(r"(?:0|[1-9][0-9]{0,9})\Z", re.ASCII)
_MAX_INDEX = 2**32 - 2
_IDENTIFIER = re.compile(r"[a-zA-Z$_][a-zA-Z$_0-9]*\Z")
_QUOTED = str.maketrans({"'": "\\'", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\f": "\\f", "\t": "\\t"})
_SAFE_INTEGER = 2**53
_FIRST_WITH_EXPONENT = 21  # digits before the point
_MOST_ZEROS = 6  # after it


def keys(value: Mapping[str, Any] | None) -> list[str]:
    """The names in the order of `Object.keys`: whole numbers first, ascending, then as they were written."""
    names = list(value or ())
    if not any(name[:1].isdigit() for name in names):
        return names
    numbers = [name for name in names if _INDEX.match(name) and int(name) <= _MAX_INDEX]
    chosen = frozenset(numbers)
    return [*sorted(numbers, key=int), *(name for name in names if name not in chosen)]


def number(value: float) -> float:
    """The double that JavaScript makes of a number, written in JSON as JavaScript writes it."""
    if isinstance(value, int) and abs(value) <= _SAFE_INTEGER:
        return value
    double = float(value)
    text = number_text(double)
    return double if "." in text or "e" in text or not math.isfinite(double) else int(text)


def number_text(value: float) -> str:
    """A number as `String(value)` writes it."""
    if isinstance(value, int) and abs(value) <= _SAFE_INTEGER:
        return str(value)
    sign, digits, exponent = Decimal(repr(float(value))).as_tuple()
    if not isinstance(exponent, int):
        return str(value)
    shown = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + exponent if shown != "0" else 1  # where it stands, counted from the first digit
    return "-" * (sign and shown != "0") + _placed(shown, point)


def _placed(digits: str, point: int) -> str:
    if len(digits) <= point <= _FIRST_WITH_EXPONENT:
        return digits + "0" * (point - len(digits))
    if 0 < point <= _FIRST_WITH_EXPONENT:
        return f"{digits[:point]}.{digits[point:]}"
    if -_MOST_ZEROS < point <= 0:
        return f"0.{'0' * -point}{digits}"
    power = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return f"{digits[0]}.{digits[1:]}{power}" if len(digits) > 1 else digits + power


def quoted(text: str) -> str:
    """A text as it stands between single quotes of a program."""
    return text.translate(_QUOTED)


def named(name: str) -> str:
    """The step of a path to a property that the schema names."""
    return f".{name}" if _IDENTIFIER.match(name) else f"['{quoted(name)}']"


def found(name: str) -> str:
    """The step to a property that was met in the event; Ajv writes it as it is."""
    return f"['{name}']"


def fragment(part: str) -> str:
    """A name as one part of a path in the schema."""
    return quote(escape(part), safe="-_.!~*'()", errors="replace")


def joined(parts: Iterable[str]) -> str:
    """A list of texts as one, as messages have it."""
    return ", ".join(parts)
