r"""Rows as the delimited text that Postgres's COPY and MySQL's LOAD DATA both read: tabs, `\N` for nothing, backslashes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from connectors.mapping.columns import ColumnType
from connectors.mapping.values import LEAST, MOST, PYTHON, Convert, MisfitError

NOTHING = "\0"  # stands for an empty field; no value has it: columns of text and JSON refuse it
# Times that need no calendar to be valid: nearly all.
is_plain_utc = re.compile(
    r"[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z", re.ASCII
).fullmatch
_integer, _number, _boolean, _time = (
    PYTHON[kind] for kind in (ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.BOOLEAN, ColumnType.TIME)
)


def line(fields: Sequence[str]) -> str:
    r"""The fields as one line without its end; NOTHING becomes `\N`."""
    joined = "\t".join(fields)
    # Looking into the whole line is much cheaper than into every field.
    if joined.count("\t") >= len(fields):
        joined = "\t".join([_escaped(field).replace("\t", "\\t") for field in fields])
    else:
        joined = _escaped(joined)
    return joined.replace(NOTHING, r"\N")


def _escaped(text: str) -> str:
    """The text with what would end it, as both stores write it; but tabs."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\n" in text:
        text = text.replace("\n", "\\n")
    return text.replace("\r", "\\r") if "\r" in text else text


def moment(timestamp_ms: int) -> str:
    """A record's time in UTC; NOTHING where a producer wrote a number that is none."""
    seconds, thousandths = divmod(timestamp_ms, 1000)
    text = _second(seconds)
    return f"{text}.{thousandths:03d}" if text else NOTHING


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()
    except (OverflowError, ValueError, OSError):
        return ""


def _integer_text(value: Any) -> str:
    return str(value) if type(value) is int and LEAST <= value <= MOST else str(_integer(value))


def _number_text(value: Any) -> str:
    number = _number(value)
    if not math.isfinite(number):
        raise MisfitError("not_finite")
    return repr(number)


def _boolean_text(value: Any) -> str:
    if value is True:
        return "1"
    return "0" if value is False else str(_boolean(value))


def _time_text(value: Any) -> str:
    """In UTC without saying so: MySQL has no word for it, and the sessions of both are set to it."""
    if isinstance(value, str) and is_plain_utc(value):
        return value[:-1]
    found: datetime = _time(value)
    return found.replace(tzinfo=None).isoformat()


TEXTS: Mapping[ColumnType, Convert] = {
    ColumnType.TEXT: PYTHON[ColumnType.TEXT],
    ColumnType.INTEGER: _integer_text,
    ColumnType.NUMBER: _number_text,
    ColumnType.BOOLEAN: _boolean_text,
    ColumnType.TIME: _time_text,
    ColumnType.JSON: PYTHON[ColumnType.JSON],
}
