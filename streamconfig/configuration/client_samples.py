"""What clients judge by, and what is known of its future: windows, ramps, switches and scheduled changes as steps in time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from eventplatform.core.streams import Sampling, Stream
from streamconfig.configuration import instruments, ramps, windows
from streamconfig.configuration.configured import Configured, sampling_of
from streamconfig.configuration.document import Document, Entry, merged
from streamconfig.configuration.instruments import Instrument

MAX_CHANGES = 32

Sample = Mapping[str, Any] | None
Step = tuple[datetime, Sample]
Phase = tuple[datetime, bool, float | None]  # from when on, whether windows are open, the rate of a ramp
Held = Callable[[bool, float | None], Sample]  # the sample of an item, by what its phase says


@dataclass(frozen=True, slots=True)
class State:
    """A document, since when it holds, and its entries by name."""

    at: datetime
    document: Document
    entries: Mapping[str, Entry]

    @classmethod
    def of(cls, at: datetime, document: Document) -> State:
        """A document from a moment on."""
        return cls(at, document, {entry.name: entry for entry in document.entries})


@dataclass(frozen=True, slots=True)
class Future:
    """What is configured from now on, now first; nothing is told of what comes after `until`."""

    states: Sequence[State]
    until: datetime
    _known: dict[tuple[str, datetime], tuple[Phase, ...]] = field(default_factory=dict, repr=False, compare=False)

    def of_stream(self, one: Configured) -> list[Step]:
        """The samples of a stream's entry, the one that holds now first."""
        name, begun = one.entry.name, self.states[0].at
        parts = [
            (state, state.entries.get(name))
            for before, state in pairwise(self.states)
            if state.entries.get(name) is not before.entries.get(name)
            or state.document.defaults is not before.document.defaults
        ]
        if not parts and one.valid_until is None:
            return [(begun, sample_of_stream(one.stream))]
        every = ((self.states[0], one.entry), *parts)
        return self._steps([(state.at, entry.own if entry else None, _entry_held(state, entry)) for state, entry in every])

    def of_instrument(self, one: Instrument) -> list[Step]:
        """The samples of an instrument, the one that holds now first; without what its stream says."""
        items = [(state.at, state.document.section("instruments").get(one.key)) for state in self.states]
        parts = [after for before, after in pairwise(items) if after[1] is not before[1]]
        if not parts and one.valid_until is None:
            return [(items[0][0], sample_of_instrument(one))]
        return self._steps([(at, item, _item_held(item)) for at, item in ((items[0][0], one.item), *parts)])

    def _steps(self, parts: Sequence[tuple[datetime, Mapping[str, Any] | None, Held]]) -> list[Step]:
        ends = [*(at for at, _, _ in parts[1:]), self.until]
        moments = (
            (at, held(is_open, rate))
            for (begins, own, held), end in zip(parts, ends, strict=True)
            for at, is_open, rate in self._phases(own or {}, begins)
            if at < end
        )
        return _distinct(moments)

    def _phases(self, own: Mapping[str, Any], begins: datetime) -> tuple[Phase, ...]:
        """Windows and ramps are often alike: each is looked at once."""
        key = json.dumps([own.get("windows"), own.get("ramp")]), begins
        known = self._known.get(key)
        if known is None:
            self._known[key] = known = tuple(_phases(own, begins, self.until))
        return known


def _phases(own: Mapping[str, Any], begins: datetime, until: datetime) -> Iterator[Phase]:
    """What windows and a ramp say from a moment on, and at each moment at which that changes."""
    rules, steps = windows.parse(own.get("windows")), ramps.parse(own.get("ramp"))
    spans = windows.open_spans(rules, begins, until)
    edges = {edge for span in spans for edge in span} | {step.at for step in steps}
    for at in (begins, *sorted(edge for edge in edges if begins < edge < until)):
        is_open = not rules or any(opens <= at < closes for opens, closes in spans)
        yield at, is_open, ramps.rate_at(steps, at)


def sample_of_stream(stream: Stream) -> Sample:
    """Null: everything is sent. The rate is 0 while the stream is off or outside its windows."""
    return _json(stream.sampling, is_on=stream.is_enabled and stream.is_open)


def sample_of_instrument(one: Instrument) -> Sample:
    """The rate is 0 while the instrument is off or outside its windows."""
    return _json(one.sampling)


def _entry_held(state: State, entry: Entry | None) -> Held:
    if entry is None:
        return _closed
    says = merged(state.document.defaults, entry).get("sample")
    sample = says if isinstance(says, Mapping) else {}

    def held(is_open: bool, rate: float | None) -> Sample:  # noqa: FBT001  # as `Held` says
        found = sample if rate is None else {"unit": "session", **sample, "rate": rate}
        return _json(sampling_of(found), is_on=entry.is_enabled and is_open)

    return held


def _item_held(item: Mapping[str, Any] | None) -> Held:
    if item is None:
        return _closed

    def held(is_open: bool, rate: float | None) -> Sample:  # noqa: FBT001  # as `Held` says
        found = instruments.sampling_of(item.get("sample") or {}, rate)
        return _json(found, is_on=item.get("is_enabled") is not False and is_open)

    return held


def _closed(_is_open: bool, _rate: float | None) -> Sample:  # noqa: FBT001  # as `Held` says
    """Of what is not configured any more."""
    return _json(None, is_on=False)


def capped(steps: Sequence[Step], stream: Sequence[Step]) -> list[Step]:
    """An instrument's steps, with a rate of 0 while its stream has one."""
    begins = steps[0][0]
    moments = sorted({max(at, begins) for at, _ in (*steps, *stream)})
    return _distinct((at, _capped(_at(steps, at), _at(stream, at))) for at in moments)


def changes(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The steps after the first, as clients read them."""
    return [{"at": _text(at), "sample": sample} for at, sample in steps[1 : MAX_CHANGES + 1]]


def _json(sampling: Sampling | None, *, is_on: bool = True) -> Sample:
    if is_on:
        return {"unit": sampling.unit, "rate": sampling.rate} if sampling else None
    return {"unit": sampling.unit if sampling else "session", "rate": 0}


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _distinct(steps: Iterable[Step]) -> list[Step]:
    """Without those at which nothing changes."""
    found: list[Step] = []
    for at, sample in steps:
        if not found or found[-1][1] != sample:
            found.append((at, sample))
    return found


def _at(steps: Sequence[Step], at: datetime) -> Sample:
    """What holds at a moment; what held first before it."""
    return next((sample for since, sample in reversed(steps) if since <= at), steps[0][1])


def _capped(sample: Sample, stream: Sample) -> Sample:
    is_stopped = stream is not None and stream["rate"] == 0
    return {**sample, "rate": 0} if is_stopped and sample is not None else sample
