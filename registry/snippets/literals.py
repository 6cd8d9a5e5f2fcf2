"""A JSON value as it is written in JavaScript, Python, PHP and JSON, so that no text can leave its quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

_WIDTH = 72
_BARE_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*", re.ASCII)
_LIKE_INDEX = re.compile(r"-?[0-9]+", re.ASCII)
_INT64 = 2**63


@dataclass(frozen=True, slots=True)
class Notation:
    """How a language writes values. `opened` answers the brackets of an object."""

    scalar: Callable[[Any], str]
    key: Callable[[str], str]
    opened: Callable[[Mapping[str, Any]], tuple[str, str]]
    pair: str = ": "
    indent: str = "  "
    is_padded: bool = False  # { a: 1 }
    has_last_comma: bool = False


def write(value: Any, notation: Notation, indent: str = "") -> str:
    """The value on one line where it fits, else one item a line."""
    is_object = isinstance(value, Mapping)
    if not is_object and not isinstance(value, list | tuple):
        return notation.scalar(value)
    start, end = notation.opened(value) if is_object else ("[", "]")
    inside = indent + notation.indent
    items = _items(value, notation, inside)
    line = ", ".join(items)
    if not items or (len(indent) + len(line) <= _WIDTH and "\n" not in line):
        space = " " if notation.is_padded and items and is_object else ""
        return f"{start}{space}{line}{space}{end}"
    last = "," if notation.has_last_comma else ""
    return f"{start}\n{inside}" + f",\n{inside}".join(items) + f"{last}\n{indent}{end}"


def _items(value: Mapping[str, Any] | Sequence[Any], notation: Notation, inside: str) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{notation.key(key)}{notation.pair}{write(item, notation, inside)}" for key, item in value.items()]
    return [write(item, notation, inside) for item in value]


def json_text(value: Any) -> str:
    """A scalar as JSON on one line; what can't be seen, or ends a line to some readers, is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)


def script_text(value: Any) -> str:
    """The same inside of a page's script, which `</script>` and `<!--` would end or change."""
    return json_text(value).replace("<", "\\u003c")


def _python_scalar(value: Any) -> str:
    """As formatters of Python leave it: in double quotes, where none has to be escaped."""
    if isinstance(value, str) and value.isprintable() and '"' not in value:
        return '"' + value.replace("\\", "\\\\") + '"'
    return repr(value)


def _php_text(text: str) -> str:
    if text.isprintable():
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    escaped = re.sub(r'[\\"$]', lambda found: f"\\{found[0]}", text)
    return '"' + "".join(one if one.isprintable() else f"\\u{{{ord(one):x}}}" for one in escaped) + '"'


def _php_scalar(value: Any) -> str:
    if isinstance(value, str):
        return _php_text(value)
    return json.dumps(float(value) if type(value) is int and not -_INT64 <= value < _INT64 else value)


def _php_opened(value: Mapping[str, Any]) -> tuple[str, str]:
    """Keys that look like an array's would make an array of it."""
    return ("(object) [", "]") if all(_LIKE_INDEX.fullmatch(key) for key in value) else ("[", "]")


def _javascript_key(key: str, text: Callable[[Any], str]) -> str:
    if key == "__proto__":  # would be the object's prototype, not a field of it
        return '["__proto__"]'
    return key if _BARE_KEY.fullmatch(key) else text(key)


def _braces(_value: Mapping[str, Any]) -> tuple[str, str]:
    return "{", "}"


JSON = Notation(json_text, json_text, _braces)
JAVASCRIPT = Notation(json_text, lambda key: _javascript_key(key, json_text), _braces, is_padded=True, has_last_comma=True)
SCRIPT = replace(JAVASCRIPT, scalar=script_text, key=lambda key: _javascript_key(key, script_text))
PYTHON = Notation(_python_scalar, _python_scalar, _braces, indent="    ", has_last_comma=True)
PHP = Notation(_php_scalar, _php_text, _php_opened, pair=" => ", indent="    ", has_last_comma=True)
