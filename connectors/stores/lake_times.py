"""Under which hour an event is filed."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from connectors.mapping.delimited import is_plain_utc
from connectors.sinks.base import Row

_TO_THE_HOUR = len("2026-11-26T10")


def hour_of(row: Row, path: tuple[str, ...]) -> datetime:
    """The hour of the time at `path` in the event; without one, of the record's timestamp."""
    found: Any = row.event
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if isinstance(found, str) and is_plain_utc(found):
        return _plain_hour(found[:_TO_THE_HOUR])
    moment = _moment(found)
    if moment is None:
        moment = row.record.moment
    return moment.replace(minute=0, second=0, microsecond=0)


@lru_cache(maxsize=1024)
def _plain_hour(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (AttributeError, ValueError, OverflowError):
        return None
