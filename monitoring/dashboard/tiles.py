"""The figures at the top of the overview: each says what it is, how it was, and leads to its list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from connectors.lookups import ConnectorView
from eventplatform import figures
from monitoring.dashboard.books import Books
from monitoring.dashboard.ranges import Range, Values, per_second, rate_words, trend
from monitoring.health import Part
from monitoring.stages import State

_QUICK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure that is a link; a trend or a meter below it where there is one."""

    name: str
    value: str
    link: str
    unit: str = ""
    note: str = ""
    line: Values = ()
    label: str = ""
    state: str = ""
    percent: float | None = None


def received(of: Range, now: Values, before: Values) -> Tile:
    rate = per_second(now, of.step)
    value, _, unit = rate_words(rate).partition(" ")
    note = trend(rate, per_second(before, of.trend_step)) or "canaries not counted"
    link = f"/overview/streams?range={of.name}&sort=volume"
    return Tile("Received", value or figures.NOTHING, link, unit, note, now, f"Received, {of.words}")


def carried(of: Range, line: Values, step: timedelta) -> Tile:
    """What the streams of a part of the platform carry."""
    value, _, unit = rate_words(per_second(line, step)).partition(" ")
    return Tile(
        "Received", value or figures.NOTHING, "#part-streams", unit, "canaries not counted", line, f"Received, {of.words}"
    )


def accepted(of: Range, books: Books, *, service: str = "") -> Tile:
    asked = {"service": service, "period": of.period}
    link = f"/outcomes?{urlencode({name: value for name, value in asked.items() if value})}"
    value, _, unit = books.accepted_share.partition(" ")
    note = f"of {figures.short(books.settled)} in {of.title}"
    return Tile("Accepted", value, link, unit, note, percent=books.accepted_percent, state="ok")


def rejected(of: Range, books: Books, lines: Mapping[str, Sequence[float]]) -> Tile:
    summed = [sum(values) for values in zip(*lines.values(), strict=True)]
    rate = per_second(summed, of.trend_step) if summed else 0.0 if books.settled else None
    value, _, unit = rate_words(rate).partition(" ")
    note = f"{figures.short(books.refused)} in {of.title}"
    state = "fail" if books.refused else ""
    return Tile("Rejected", value or figures.NOTHING, "/rejected", unit, note, summed, f"Rejected, {of.words}", state)


def canaries(fresh: int, total: int, oldest: datetime | None, state: State) -> Tile:
    if not total:
        return Tile("Canaries fresh", figures.NOTHING, "#canaries", note="none are sent")
    link = "/overview/streams?" + urlencode({"state": "trouble"}) if fresh < total else "#canaries"
    note = f"oldest {figures.ago(oldest)}" if oldest else "none seen yet"
    return Tile("Canaries fresh", str(fresh), link, f"of {total}", note, percent=round(100 * fresh / total, 1), state=state)


def slowest(of: Range, views: Sequence[ConnectorView], lags: Mapping[str, Values]) -> Tile:
    running = [view for view in views if view.is_enabled]
    if not running:
        return Tile("Slowest connector", figures.NOTHING, "/connectors", note="none runs")
    worst = max(running, key=lambda view: (view.lag_seconds or 0.0, view.lag_records, view.name))
    quick = sum((view.lag_seconds or 0.0) < _QUICK_SECONDS for view in running)
    value, _, unit = figures.age(worst.lag_seconds).partition(" ") if worst.lag_seconds else ("0", "", "s")
    note = f"{quick} of {len(running)} under {_QUICK_SECONDS:.0f} s"
    state = "" if quick == len(running) else "warn"
    line = lags.get(worst.name, ())
    return Tile("Slowest connector", value, worst.link, unit, note, line, f"Wait of {worst.name}, {of.words}", state)


def spool(part: Part | None) -> Tile:
    if part is None:
        return Tile("Spool", figures.NOTHING, "#parts", note="the intake has none")
    is_empty = part.state == "ok"
    value = "Empty" if is_empty else "In use" if part.state == "warn" else "Trouble"
    return Tile("Spool", value, "#parts", note="events wait nowhere" if is_empty else part.detail, state=part.state)
