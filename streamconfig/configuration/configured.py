"""One stream at one moment: its merged settings, and what windows, ramp and switches make of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from eventplatform.core.streams import Late, SampleUnit, Sampling, Stream
from streamconfig.configuration import ramps, windows
from streamconfig.configuration.document import Entry
from streamconfig.configuration.services import door_rules
from streamconfig.configuration.setting_types import UNITS
from streamconfig.configuration.topics import compile_pattern, is_pattern, matches, topics_of

GRACE_SECONDS = 600  # clients may hold an answer of the compatible API that long


@dataclass(frozen=True, slots=True)
class Configured:
    """An entry with what follows from it: merged settings before topics are computed, and the stream, until `valid_until`."""

    entry: Entry
    settings: Mapping[str, Any]
    stream: Stream
    pattern: re.Pattern[str] | None = None
    valid_until: datetime | None = None
    off: frozenset[str] = frozenset()  # instruments that name this entry and are switched off

    def answers_for(self, name: str) -> bool:
        """True where events of that stream fall under this entry."""
        return self.entry.name == name or (self.pattern is not None and matches(self.pattern, name))

    def named(self, name: str) -> Stream:
        """The stream of that name: a pattern's topics are computed from the name that is asked for."""
        if name == self.entry.name:
            return self.stream
        topics = topics_of(name, self.settings)
        return replace(self.stream, name=name, topics=tuple(topics), settings=_shown(self.settings, topics))


@dataclass(frozen=True, slots=True)
class _Timing:
    """What an entry's windows and ramp say at a moment, and until when."""

    is_open: bool = True
    late: Late = ""
    rate: float | None = None
    valid_until: datetime | None = None


_ALWAYS = _Timing()


def holds(valid_until: datetime | None, at: datetime) -> bool:
    """True where what was valid until then still is."""
    return valid_until is None or at < valid_until


def configured(entry: Entry, settings: dict[str, Any], at: datetime, off: frozenset[str] = frozenset()) -> Configured:
    """What holds of an entry at a moment; `settings` are the merged ones, and become what the API shows."""
    timing = _timing(entry.own, at) if "windows" in entry.own or "ramp" in entry.own else _ALWAYS
    sample = _map(settings.get("sample"))
    if timing.rate is not None:
        settings["sample"] = sample = {"unit": "session", **sample, "rate": timing.rate}
    if not entry.is_enabled or not timing.is_open:
        settings["sample"] = {"unit": "session", **sample, "rate": 0}  # clients know no other "off"
    topics = topics_of(entry.name, settings)
    log = _map(entry.own.get("log"))
    stream = Stream(
        name=entry.name,
        schema_title=settings.get("schema_title") or "",
        service=settings.get("destination_event_service") or "",
        topics=tuple(topics),
        is_enabled=entry.is_enabled,
        canary_events_enabled=bool(settings.get("canary_events_enabled")),
        sampling=sampling_of(sample),
        message_key_fields=MappingProxyType(_map(settings.get("message_key_fields"))),
        consumers=MappingProxyType({name: _map(value) for name, value in _map(settings.get("consumers")).items()}),
        settings=_shown(settings, topics),
        is_open=timing.is_open,
        late=timing.late,
        stopped_instruments=off,
        partitions=log.get("partitions"),
        retention_hours=log.get("retention_hours"),
        door=door_rules(entry.own.get("intake")),
    )
    pattern = compile_pattern(entry.name) if is_pattern(entry.name) else None
    return Configured(entry, settings, stream, pattern, timing.valid_until, off)


def _timing(own: Mapping[str, Any], at: datetime) -> _Timing:
    spans, steps = windows.parse(own.get("windows")), ramps.parse(own.get("ramp"))
    step = ramps.next_step(steps, at)
    moments = [windows.next_edge(spans, at), step.at if step else None]
    is_open = windows.is_open(spans, at)
    late: Late = ""
    if not is_open:
        late, grace_ends = _late(own, windows.closed_since(spans, at), at)
        moments.append(grace_ends)
    return _Timing(is_open, late, ramps.rate_at(steps, at), min((one for one in moments if one), default=None))


def _late(own: Mapping[str, Any], closed_since: datetime | None, at: datetime) -> tuple[Late, datetime | None]:
    """What becomes of events outside the windows, and when that begins, where it is still to come.

    Clients may hold what the API said before a window closed, so its end has a grace. Before the first opening there is none.
    """
    says = _map(own.get("late_events"))
    action: Late = says.get("action") or "accept"
    grace = says.get("grace_seconds")
    begins = at if closed_since is None else closed_since + timedelta(seconds=GRACE_SECONDS if grace is None else grace)
    return (action, None) if begins <= at else ("", begins)


def _map(value: Any) -> dict[str, Any]:
    """A map, also where PHP's empty list or a null stands for an empty one."""
    return dict(value) if isinstance(value, Mapping) else {}


def sampling_of(sample: Mapping[str, Any]) -> Sampling | None:
    """A stream's setting `sample`; None where it says nothing, so that everything is sent."""
    if not sample:
        return None
    unit: SampleUnit = sample["unit"] if sample.get("unit") in UNITS else "session"
    rate = sample.get("rate")
    return Sampling(unit=unit, rate=1.0 if rate is None else float(rate))


def _shown(settings: Mapping[str, Any], topics: list[str]) -> Mapping[str, Any]:
    """Settings as the API shows them; explicit topics keep their place."""
    return MappingProxyType({**settings, "topics": topics})
