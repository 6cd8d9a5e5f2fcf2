"""Ids and times that the intake gives: UUIDv7, ordered by time and within a process strictly; moments to the millisecond."""

from __future__ import annotations

import time
from typing import NamedTuple

import uuid_utils


def new_id() -> str:
    """A UUIDv7; each is greater than the one before it from the same process."""
    return str(uuid_utils.uuid7())


class Moment(NamedTuple):
    """One instant, as text (ISO 8601, UTC, milliseconds, `Z`) and as milliseconds since 1970."""

    text: str
    milliseconds: int


_second: tuple[int, str] = (-1, "")


def now() -> Moment:
    """This instant. The text of the running second is kept, since formatting it costs more than the rest of a request."""
    global _second  # noqa: PLW0603  # one pair, swapped whole: threads may compute it twice, never mix it
    milliseconds = time.time_ns() // 1_000_000
    second, rest = divmod(milliseconds, 1000)
    known, text = _second
    if known != second:
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        _second = (second, text)
    return Moment(f"{text}.{rest:03d}Z", milliseconds)
