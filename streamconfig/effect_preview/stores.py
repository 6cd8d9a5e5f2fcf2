"""Where the streams of a change are stored: rows a day and rows kept, before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventplatform import panels
from streamconfig.configuration import document as documents
from streamconfig.configuration.document import Document
from streamconfig.configuration.forecast import Day, Forecast

LOOKED_BACK = 14


@dataclass(frozen=True, slots=True)
class Stored:
    """A place downstream: what it takes a day and keeps, before and after; None where it can't be told."""

    stream: str
    place: panels.Downstream
    rows_before: float | None
    rows_after: float | None
    days_before: int | None
    days_after: int | None
    is_enabled_after: bool
    factor: float | None  # what counts are to be multiplied by, from the change on

    @property
    def kept_before(self) -> float | None:
        """Rows that it holds once its retention is full."""
        return _product(self.rows_before, self.days_before)

    @property
    def kept_after(self) -> float | None:
        """The same, once the last row from before the change is gone."""
        return _product(self.rows_after, self.days_after)


def stored(name: str, before: Document, after: Document, found: Forecast | None) -> list[Stored]:
    """The places that store a stream, with what the change does to each."""
    places: Sequence[panels.Downstream] = panels.call("connectors.downstream", name, default=())
    if not places:
        return []
    daily, old, new = found.before if found else daily_events(name), _consumers(before, name), _consumers(after, name)
    later = found.after if found else daily
    factor = found.rate_before / found.rate_after if found and found.rate_after and found.rate_before else None
    rows = []
    for place in places:
        was, becomes = _of(old, place), _of(new, place)
        is_on = place.is_enabled and bool(was.get("enabled", True))
        is_on_after = _is_on_after(place, was, becomes)
        rows.append(
            Stored(
                name,
                place,
                daily if is_on else 0.0,
                later if is_on_after else 0.0,
                _whole(was.get("retention_days", place.retention_days)),
                _whole(becomes.get("retention_days")),
                is_on_after,
                factor if factor is not None and factor != 1 and is_on_after else None,
            )
        )
    return rows


def _is_on_after(place: panels.Downstream, was: Mapping[str, Any], becomes: Mapping[str, Any]) -> bool:
    was_on, is_on = bool(was.get("enabled", True)), bool(becomes.get("enabled", True))
    # A place that is off although the stream wants it is off by itself, and stays so.
    return is_on and (place.is_enabled or not was_on)


def daily_events(name: str) -> float | None:
    """Events a day of a stream whose volume the change doesn't touch."""
    counted = [Day(*one) for one in panels.call("monitoring.counted_days", name, LOOKED_BACK, default=())]
    whole = [one.events or 0 for one in counted if one.is_whole][-7:]
    return sum(whole) / len(whole) if whole else None


def _consumers(document: Document, name: str) -> Mapping[str, Any]:
    entry = document.get(name)
    held = documents.merged(document.defaults, entry).get("consumers") if entry else None
    return held if isinstance(held, Mapping) else {}


def _of(consumers: Mapping[str, Any], place: panels.Downstream) -> Mapping[str, Any]:
    found = consumers.get(place.name, consumers.get(place.target, {}))
    return found if isinstance(found, Mapping) else {}


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _product(rows: float | None, days: int | None) -> float | None:
    return None if rows is None or days is None else rows * days
