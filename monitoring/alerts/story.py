"""The story of one alert: what happened, what people did, who was told, in the order of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from monitoring.alerts.models import Alert, AlertNotification

_WORDS: Mapping[str, tuple[str, str]] = {
    "opened": ("fail", "Opened"),
    "reopened": ("fail", "Opened again"),
    "worse": ("fail", "Got worse"),
    "resolved": ("ok", "Resolved"),
    "acknowledged": ("user", "Acknowledged"),
    "silenced": ("paused", "Silenced"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the timeline."""

    at: datetime
    symbol: str
    title: str
    who: str = ""
    text: str = ""


def story(row: Alert, told: Iterable[AlertNotification]) -> list[Line]:
    """The newest first; `told` are the messages about it."""
    return sorted(_lines(row, told), key=lambda line: line.at, reverse=True)


def _lines(row: Alert, told: Iterable[AlertNotification]) -> Iterator[Line]:
    yield Line(row.began_at, "warn", "Began")
    for moment in row.moments.all()[:200]:
        symbol, title = _WORDS.get(moment.what, ("info", moment.what.capitalize()))
        yield Line(moment.at, symbol, title, moment.who, moment.text)
    yield from map(_of, told)


def _of(told: AlertNotification) -> Line:
    if told.sent_at:
        return Line(told.sent_at, "check", f"{told.receiver_name} was told", text=told.answer)
    if told.gave_up_at:
        return Line(told.gave_up_at, "fail", f"{told.receiver_name} could not be told", text=told.problem)
    return Line(told.created_at, "clock", f"{told.receiver_name} is being told", text=told.problem)
