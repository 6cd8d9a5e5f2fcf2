"""Under which hour an event is filed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connectors.sinks.base import Row

_LAST_MS = 253_402_300_799_000  # the end of year 9999: a producer may write any number into a record's timestamp


def hour_of(row: Row, path: tuple[str, ...]) -> datetime:
    """The hour of the time at `path` in the event; without one, of the record's timestamp."""
    found: Any = row.event
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    moment = _moment(found)
    if moment is None:
        moment = datetime.fromtimestamp(min(max(row.record.timestamp_ms, 0), _LAST_MS) / 1000, UTC)
    return moment.replace(minute=0, second=0, microsecond=0)


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (AttributeError, ValueError, OverflowError):
        return None
