"""What becomes of a stream's volume: its share of events over days to come, against the share while it was counted.

A share is what clients send of all that happens: the sampling rate as it holds at a moment, 0 while the stream is off or
its window closed. Volumes are proportional to it, so a counted day and two shares give a day to come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from streamconfig.configuration.document import Document
from streamconfig.configuration.stream_set import StreamSet
from streamconfig.configuration.topics import is_pattern

_DAY = timedelta(days=1)
_LOOKS = 12  # a day is looked at every two hours: windows begin and end on some hour
_WEEK = 7

DocumentAt = Callable[[datetime], Document]
Weights = Sequence[float]  # how much happens in each hour of the week (UTC, Monday's first is 0), in any unit; empty: alike


@dataclass(frozen=True, slots=True)
class Day:
    """A counted day: `events` is None where nobody counted, `minutes` of 1440 were counted, `peak` is the busiest."""

    day: date
    events: int | None
    minutes: int
    peak: int

    @property
    def is_whole(self) -> bool:
        """True where next to all of it was counted."""
        return self.events is not None and self.minutes >= 1380  # noqa: PLR2004  # an hour may be missing

    @property
    def scaled(self) -> float | None:
        """Events of the whole day, had it gone on as in the minutes that were counted."""
        return None if self.events is None or not self.minutes else self.events * 1440 / self.minutes


class Shares:
    """The share of one stream at any moment, of documents that differ over time.

    `weights` tell which hours count how much: a window at noon takes more of a day than one at night.
    """

    def __init__(self, name: str, document_at: DocumentAt, weights: Weights = ()) -> None:
        self._name = name
        self._document_at = document_at
        self._weights = weights
        self._days: dict[date, list[float]] = {}
        # By id; the document is kept beside, so that no other gets its id.
        self._seen: dict[int, tuple[Document, Document]] = {}
        self._steady: dict[int, float | None] = {}

    def at(self, moment: datetime) -> float | None:
        """The share at a moment; None where there is no such stream then."""
        alone = self._alone(self._document_at(moment))
        if any(entry.own.get(key) for entry in alone.entries for key in ("windows", "ramp")):
            return self._share(alone, moment)
        if id(alone) not in self._steady:
            self._steady[id(alone)] = self._share(alone, moment)
        return self._steady[id(alone)]

    def _share(self, alone: Document, moment: datetime) -> float | None:
        stream = StreamSet(alone, at=moment).find(self._name)
        if stream is None:
            return None
        if not (stream.is_enabled and stream.is_open):
            return 0.0
        return stream.sampling.rate if stream.sampling else 1.0

    def on(self, day: date) -> float:
        """The mean share of a day (UTC); a stream that is not there sends nothing."""
        looks = self.looks(day)
        weights = self._weights_of(day)
        whole = sum(weights)
        if not whole:
            return sum(looks) / _LOOKS
        return sum(look * weight for look, weight in zip(looks, weights, strict=True)) / whole

    def over(self, days: Sequence[date]) -> float:
        """The mean share of several days."""
        return sum(map(self.on, days)) / len(days) if days else 0.0

    def most(self, days: Sequence[date]) -> float:
        """The highest share of several days: a peak follows it, not the mean."""
        return max((share for day in days for share in self.looks(day)), default=0.0)

    def looks(self, day: date) -> list[float]:
        """The shares of a day, every two hours."""
        if day not in self._days:
            begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
            self._days[day] = [self.at(begin + number * _DAY / _LOOKS) or 0.0 for number in range(_LOOKS)]
        return self._days[day]

    def _weights_of(self, day: date) -> Sequence[float]:
        """Of the two hours that begin with each look."""
        first, hours = day.weekday() * 24, 24 // _LOOKS
        return [sum(self._weights[first + look * hours : first + (look + 1) * hours]) for look in range(_LOOKS)]

    def _alone(self, document: Document) -> Document:
        """The document with this stream's entry only: a set of all of them would be built for every moment."""
        held = self._seen.get(id(document))
        if held is None:
            mine = document.get(self._name)
            entries = (mine,) if mine else tuple(entry for entry in document.entries if is_pattern(entry.name))
            held = self._seen[id(document)] = (document, Document(document.defaults, entries))
        return held[1]


@dataclass(frozen=True, slots=True)
class Forecast:
    """A stream's volume as counted, and for the days to come without and with a change; None where nothing is known."""

    counted: tuple[Day, ...]
    used: tuple[date, ...]  # the counted days that the forecast is made from
    is_scaled: bool  # from parts of days, for want of whole ones
    days: tuple[date, ...]
    without: tuple[float | None, ...]
    with_change: tuple[float | None, ...]
    before: float | None  # events a day in the week that begins with the change
    after: float | None
    peak_before: float | None  # events a second in the busiest minute
    peak_after: float | None
    share_before: float  # over the same week
    share_after: float
    rate_before: float  # while it collects: what counts are multiplied by follows this, not the hours
    rate_after: float


def forecast(
    counted: Sequence[Day], days: Sequence[date], begins: date, *, now: Shares, without: Shares, with_change: Shares
) -> Forecast:
    """What is to be expected on `days`, and in the week that `begins` with the change.

    `now` tells the shares of the days that were counted.
    """
    used, is_scaled = _usable(counted)
    past = [one.day for one in used]
    share, most = now.over(past), now.most(past)
    level = {one.day.weekday(): one.scaled or 0.0 for one in used}
    mean = sum(one.scaled or 0.0 for one in used) / len(used) if used else None
    known = bool(mean) and share > 0  # of nothing that came, a share says nothing either

    def line(shares: Shares) -> tuple[float | None, ...]:
        if not known:
            return tuple(None for _ in days)
        by_weekday = len(level) == _WEEK
        return tuple((level[day.weekday()] if by_weekday else mean or 0.0) * shares.on(day) / share for day in days)

    week = [begins + number * _DAY for number in range(_WEEK)]
    before, after = without.over(week), with_change.over(week)
    peak = max((one.peak for one in used), default=0) / 60 if known else None
    return Forecast(
        counted=tuple(counted),
        used=tuple(one.day for one in used),
        is_scaled=is_scaled,
        days=tuple(days),
        without=line(without),
        with_change=line(with_change),
        before=_times(mean, before, share) if known else None,
        after=_times(mean, after, share) if known else None,
        peak_before=_times(peak, without.most(week), most),
        peak_after=_times(peak, with_change.most(week), most),
        share_before=before,
        share_after=after,
        rate_before=without.most(week),
        rate_after=with_change.most(week),
    )


def _usable(counted: Sequence[Day]) -> tuple[list[Day], bool]:
    """Whole days, the newest week of them; else what was counted of any."""
    whole = [one for one in counted if one.is_whole]
    if whole:
        return whole[-_WEEK:], False
    return [one for one in counted if one.events is not None and one.minutes], True


def _times(figure: float | None, share: float, counted: float) -> float | None:
    return None if figure is None or not counted else figure * share / counted
