"""The columns of a table of streams: which setting each is, and how its cells are written and read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

NAME, OTHER = "name", "other"
ABSENT = object()
_CONSUMER = re.compile(r"consumers\.(.+)\.enabled")


class CellError(ValueError):
    """A cell that can't be read; the text says how to write it."""


@dataclass(frozen=True, slots=True)
class Column:
    """A setting by its keys, with what fits into a cell as text and back."""

    title: str
    keys: tuple[str, ...]
    fits: Callable[[Any], bool]
    write: Callable[[Any], str]
    read: Callable[[str], Any]


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _write_text(text: str) -> str:
    return text if text.strip() == text and text not in {"", "null"} and not text.startswith('"') else _json(text)


def _read_text(cell: str) -> Any:
    return _from_json(cell) if cell.startswith('"') else cell


def _write_list(items: list[str]) -> str:
    return (
        " ".join(items)
        if items and all(re.fullmatch(r'[^\s\["][^\s]*', one) and one != "null" for one in items)
        else _json(items)
    )


def _read_list(cell: str) -> Any:
    found = _from_json(cell) if cell.startswith("[") else cell.split()
    if not _is_list(found):
        raise CellError("Write names with spaces between them.")
    return found


def _read_flag(cell: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if cell.lower() not in words:
        raise CellError("Write true or false.")
    return words[cell.lower()]


def _read_number(cell: str) -> int | float:
    if not re.fullmatch(r"\d{1,15}(\.\d{1,20})?([eE][+-]?\d{1,2})?", cell):
        raise CellError("Write a number with a point, such as 0.05 for 5 %.")
    return float(cell) if re.search(r"[.eE]", cell) else int(cell)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _text(title: str, *keys: str) -> Column:
    return Column(title, keys, lambda value: isinstance(value, str), _write_text, _read_text)


def _list(title: str, *keys: str) -> Column:
    return Column(title, keys, _is_list, _write_list, _read_list)


def _flag(title: str, *keys: str) -> Column:
    return Column(title, keys, lambda value: isinstance(value, bool), lambda value: str(value).lower(), _read_flag)


FIXED: tuple[Column, ...] = (
    _text("schema_title", "schema_title"),
    _text("service", "destination_event_service"),
    _list("topic_prefixes", "topic_prefixes"),
    _list("topics", "topics"),
    _flag("is_enabled", "is_enabled"),
    _text("sample_unit", "sample", "unit"),
    Column("sample_rate", ("sample", "rate"), _is_number, repr, _read_number),
    _flag("canary_events_enabled", "canary_events_enabled"),
    *(
        _text(name, "about", name)
        for name in ("owner", "purpose", "contact", "description", "task", "sensitivity", "review_on", "expires_on")
    ),
)
_BY_TITLE: Mapping[str, Column] = {column.title: column for column in FIXED}


def consumer(name: str) -> Column:
    """Whether a consumer takes the stream."""
    return _flag(f"consumers.{name}.enabled", "consumers", name, "enabled")


def column_of(title: str) -> Column | None:
    """The column of that title, but `name` and `other`."""
    found = _CONSUMER.fullmatch(title)
    return consumer(found[1]) if found else _BY_TITLE.get(title)


def write_cell(column: Column, value: Any) -> str:
    """A value as a cell; null is the word, what isn't set is empty."""
    return "null" if value is None else column.write(value)


def read_cell(column: Column, cell: str) -> Any:
    """The value of a cell, `ABSENT` for an empty one.

    Raises:
        CellError: it can't be read.
    """
    cell = cell.strip()
    if not cell:
        return ABSENT
    return None if cell == "null" else column.read(cell)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _from_json(cell: str) -> Any:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        raise CellError("Close the quotes and brackets.") from None
