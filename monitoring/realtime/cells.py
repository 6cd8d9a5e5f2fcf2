"""Values of an answer as JSON holds them, each of bounded width, all together of bounded size; pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

WIDEST = 4000  # characters of a cell
_EXACT = 2**53  # whole numbers beyond are rounded by whoever reads JSON as JavaScript does


def rows_of(found: Iterable[Sequence[Any]], *, max_rows: int, max_bytes: int) -> tuple[list[list[Any]], bool]:
    """The rows as JSON values, and whether some are left out."""
    rows: list[list[Any]] = []
    size = 0
    for row in found:
        made = [cell(value) for value in row]
        size += len(orjson.dumps(made))
        if len(rows) >= max_rows or (rows and size > max_bytes):
            return rows, True
        rows.append(made)
    return rows, False


def cell(value: Any) -> Any:
    """One value: numbers, truth and NULL as they are, all others as text, STRUCTs and lists as JSON of it."""
    made = _plain(value)
    if isinstance(made, dict | list):
        text = orjson.dumps(made).decode()
        return made if len(text) <= WIDEST else f"{text[:WIDEST]}…"
    return f"{made[:WIDEST]}…" if isinstance(made, str) and len(made) > WIDEST else made


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(_plain(name)): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return _worded(value)


def _worded(value: Any) -> str | float | int:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")  # UTC, which the session is in
    if isinstance(value, Decimal):
        return _plain(int(value)) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return value.hex()
    return _duration(value) if isinstance(value, timedelta) else str(value)


def _duration(value: timedelta) -> float:
    """Seconds, so that they can be drawn."""
    return value.total_seconds()
