"""What of JavaScript shows in Ajv's errors: the order of keys, how numbers are written, how a property is named in a path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from eventplatform.core import javascript
from eventplatform.core.javascript import ordered
from eventplatform.core.pointers import escape

_IDENTIFIER = re.compile(r"[a-zA-Z$_][a-zA-Z$_0-9]*\Z")
_QUOTED = str.maketrans({"'": "\\'", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\f": "\\f", "\t": "\\t"})
_SAFE_INTEGER = 2**53


def keys(value: Mapping[str, Any] | None) -> list[str]:
    """The names in the order of `Object.keys`; none where there is no object."""
    return ordered(value) if value else []


def number(value: float) -> float:
    """The double that JavaScript makes of a number, written in JSON as JavaScript writes it."""
    if isinstance(value, int) and abs(value) <= _SAFE_INTEGER:
        return value
    text = number_text(value)
    return float(value) if "." in text or "e" in text else int(text)


def number_text(value: float) -> str:
    """A number as `String(value)` writes it."""
    is_exact = isinstance(value, int) and abs(value) <= _SAFE_INTEGER
    return str(value) if is_exact else javascript.number(float(value))


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
