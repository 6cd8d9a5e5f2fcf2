"""What an entry's sample is at a moment: its own, and after each known change that change's, by the server's clock (§1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple


class Holding(NamedTuple):
    """The sample that holds, and the server's moment (milliseconds) at which another one takes its place."""

    sample: Any
    until: float


def milliseconds(moment: str) -> int:
    """Of an ISO 8601 text."""
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def clock_offset(date: str | None, received: float) -> float:
    """How many milliseconds the server's clock is ahead of the device's, by an answer's `Date` header; 0 without one."""
    if date is None:
        return 0.0
    try:
        told = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return 0.0
    return told.replace(tzinfo=told.tzinfo or UTC).timestamp() * 1000 - received


def holding(entry: Mapping[str, Any], server_now: float) -> Holding:
    """What holds at the server's moment. A change whose moment can't be read is as none."""
    sample, changes = entry.get("sample"), entry.get("changes")
    for change in changes if isinstance(changes, list) else ():
        at = _moment_of(change)
        if at is None:
            continue
        if server_now < at:
            return Holding(sample, at)
        sample = change.get("sample")
    return Holding(sample, float("inf"))


def _moment_of(change: Any) -> int | None:
    try:
        return milliseconds(change["at"])
    except (TypeError, KeyError, ValueError, OverflowError):
        return None
