"""Whether a stream's last minutes and hours are usual: silent, low, high, or none of it; pure.

Two looks at the same counts. How many events were to be expected since the last one: so many that by chance it happens once
in twenty thousand stretches of four weeks, and half more than in the longest usual gap, is silence. And a window that goes
back until it should hold two hundred events: half or twice of what is usual is low or high.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from monitoring.traffic.alarm.learning import Profile
from monitoring.traffic.alarm.shares import Shares
from monitoring.traffic.alarm.weeks import MINUTE, Cell

Kind = Literal["", "silent", "low", "high"]
Sensitivity = Literal["low", "normal", "high"]

_BY_CHANCE = 10.0  # e^-10: once in 20 000 stretches of four weeks
_YOUNG_NEEDS = 60.0  # events expected, before a young stream is said to be silent
_SHORTEST_SILENCE = 5  # minutes
_WINDOW_EVENTS = 200
_WINDOW_MINUTES = 10
_BURSTY_MINUTES = 60
_LONGEST_WINDOW = 24 * 60
_SIGMAS = 5.0
_FLOOD = 1.25  # times the busiest hour, where too little is usual for a factor
_COUNTED = 0.5  # of a stretch, or its events are beside too few that could be expected: some come while a part is away
_BACK = 0.1  # of what is usual: less is still silence
_FEW = 5.0
_ALL_WEEKS, _A_WEEK = 21, 7  # days
_FACTORS: Mapping[Sensitivity, tuple[float, float]] = {"low": (0.25, 4.0), "normal": (0.5, 2.0), "high": (0.7, 1.4)}


@dataclass(frozen=True, slots=True)
class Rule:
    """What people say of a stream's alarms."""

    sensitivity: Sensitivity = "normal"
    silence_minutes: int | None = None
    watches: frozenset[str] = frozenset({"silent", "low", "high"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What the counts say: how many events were to be expected since `began_at`, and how many there were."""

    kind: Kind
    expected: float
    seen: float
    minutes: int
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """A stream's counts, newest first: stretches of time and the events in each."""

    cells: Sequence[Cell]
    events: Sequence[float]
    shares: Shares

    def usual(self, cell: Cell, profile: Profile) -> tuple[float, float]:
        """The least and the most events that are usual in a stretch, by the shares that may have been sampled."""
        least, most = self.shares.around(cell.begin)
        low, high = cell.usual(profile.rates)
        return low * least, high * most


def judge(profile: Profile, seen: Seen, rule: Rule, current: Kind = "", since: datetime | None = None) -> Finding:
    """What holds by the counts; what holds already ends later than it begins.

    `since` is when `current` began; where nothing is told, when the last alarm ended: what lies before is told already.
    """
    gap, window = _gap(profile, seen), _window(profile, seen, None if current else since)
    if "silent" in rule.watches and _is_silent(profile, seen, rule, gap, since=since if current == "silent" else None):
        return gap
    deviation = _deviation(profile, window, rule, current, seen)
    kind: Kind = deviation if deviation in rule.watches else ""
    return Finding(kind, window.high if kind == "high" else window.low, window.seen, window.minutes, window.began_at)


def _gap(profile: Profile, seen: Seen) -> Finding:
    expected = minutes = 0.0
    began_at = seen.cells[0].end
    for cell, events in zip(seen.cells, seen.events, strict=True):
        if events > 0:
            break
        expected += seen.usual(cell, profile)[0]
        minutes += cell.counted
        began_at = cell.begin
    return Finding("silent", expected, 0, int(minutes), began_at)


def silence_limit(profile: Profile) -> float:
    """How many events must have been expected before none of them is silence."""
    if profile.days < _A_WEEK:
        return max(_YOUNG_NEEDS, 5 * profile.longest)
    return max(math.log(max(profile.events, 2)) + _BY_CHANCE, 1.5 * profile.longest)


def shortest_silence(profile: Profile) -> float:
    """After how many minutes at the earliest; in its first week the weekend is a stream's first one, too."""
    return max(_SHORTEST_SILENCE, 5 * profile.longest_minutes if profile.days < _A_WEEK else 0)


def _is_silent(profile: Profile, seen: Seen, rule: Rule, gap: Finding, *, since: datetime | None) -> bool:
    if gap.minutes and rule.silence_minutes is not None:
        return gap.minutes >= rule.silence_minutes and gap.expected > 0
    if gap.minutes >= shortest_silence(profile) and gap.expected >= silence_limit(profile):
        return True
    return since is not None and not _is_back(profile, seen, gap, since)


def _is_back(profile: Profile, seen: Seen, gap: Finding, since: datetime) -> bool:
    """Whether a silence is over: by events alone, and not by a trickle where much is usual."""
    if not any(events > 0 and cell.end > since for cell, events in zip(seen.cells, seen.events, strict=True)):
        return False
    expected = came = minutes = 0.0
    for cell, events in zip(seen.cells, seen.events, strict=True):
        if cell.begin < since or minutes >= _wanted_minutes(profile):
            break
        expected += seen.usual(cell, profile)[0]
        came, minutes = came + events, minutes + cell.counted
    if expected < _FEW:
        return gap.expected < silence_limit(profile) / 2
    return came >= max(_BACK * expected, 1)


@dataclass(frozen=True, slots=True)
class _Window:
    low: float
    high: float
    seen: float
    minutes: int
    began_at: datetime
    evidence: float


def _window(profile: Profile, seen: Seen, told_until: datetime | None) -> _Window:
    """The last stretch that is long enough to be judged; one that never is, is judged by nobody."""
    wanted = _wanted_minutes(profile)
    low = high = came = minutes = 0.0
    began_at = seen.cells[0].end
    for cell, events in zip(seen.cells, seen.events, strict=True):
        if told_until is not None and cell.begin < told_until:
            break
        began_at = cell.begin
        if cell.counted >= _COUNTED * cell.minutes:
            less, more = seen.usual(cell, profile)
            low, high, came, minutes = low + less, high + more, came + events, minutes + cell.counted
        if minutes >= wanted and max(low, came) >= _WINDOW_EVENTS:
            break
        if seen.cells[0].end - began_at >= _LONGEST_WINDOW * MINUTE:
            break
    is_enough = minutes >= wanted and max(low, came) >= _WINDOW_EVENTS
    evidence = max(profile.evidence[seen.cells[0].first], 1.0) if is_enough else 0.0
    return _Window(low, high, came, int(minutes), began_at, evidence)


def _wanted_minutes(profile: Profile) -> float:
    """How long a window must be at least, so that the stream's own bursts and pauses are even in it."""
    return max(_WINDOW_MINUTES, 3 * profile.quiet_minutes, _BURSTY_MINUTES if profile.is_bursty else 0)


def _deviation(profile: Profile, window: _Window, rule: Rule, current: Kind, seen: Seen) -> Kind:
    if profile.days < 1 or not window.evidence:  # without a whole day nobody knows its nights
        return ""
    less, more = factors(profile, rule)
    # What began ends once two fifths of the way back to usual are gone.
    below = 1 - (1 - less) * 0.6 if current == "low" else less
    above = 1 + (more - 1) * 0.6 if current == "high" else more
    sigmas = 0.0 if current else _SIGMAS
    is_first_week = profile.days < _A_WEEK  # nobody knows its weekend yet
    if not is_first_week and window.seen < below * window.low and _sigmas(window.low, window, profile) >= sigmas:
        return "low"
    if window.seen > above * window.high and _sigmas(window.high, window, profile) >= sigmas:
        is_known = window.high >= _WINDOW_EVENTS and not is_first_week
        return "high" if is_known or current == "high" or _is_flood(profile, window, seen) else ""
    return ""


def factors(profile: Profile, rule: Rule) -> tuple[float, float]:
    """From which factors on, wider where little is known or where hours differ much by themselves."""
    low, high = _FACTORS[rule.sensitivity]
    if profile.days < _ALL_WEEKS:
        is_first = profile.days < _A_WEEK
        low, high = (low * 0.4, high * 2.5) if is_first else (low * 0.7, high * 1.5)
    return min(low, 0.8 * profile.least), max(high, 1.25 * profile.most)


def _sigmas(expected: float, window: _Window, profile: Profile) -> float:
    """How many deviations, by chance, by how little was learnt from, and by how much its hours differ."""
    unsure = expected + expected**2 / window.evidence + (profile.spread * expected) ** 2
    return abs(window.seen - expected) / math.sqrt(max(unsure, 1.0))


def _is_flood(profile: Profile, window: _Window, seen: Seen) -> bool:
    """Where too little is known for a factor, only more than ever is high."""
    share = seen.shares.around(window.began_at)[1]
    return window.seen > _FLOOD * profile.top * share * max(window.minutes / 60, 1)
