"""What clients judge by, and what is known of its future: windows, ramps, switches and scheduled changes as steps in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from eventplatform.core.streams import Sampling, Stream
from streamconfig.configuration.configured import Configured, configured
from streamconfig.configuration.document import Document, Entry, merged
from streamconfig.configuration.instruments import Instrument, instrument

MAX_CHANGES = 32

Sample = Mapping[str, Any] | None
Step = tuple[datetime, Sample]
Holding = tuple[Sample, datetime | None]  # what holds, and until when
Held = Callable[[datetime], Holding]


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

    def of_stream(self, one: Configured) -> list[Step]:
        """The samples of a stream's entry, the one that holds now first."""
        now, name = self.states[0], one.entry.name
        held = _of_entry(one.entry, now.document)
        following = [
            (state.at, _of_entry(state.entries[name], state.document) if name in state.entries else _never)
            for before, state in pairwise(self.states)
            if state.entries.get(name) is not before.entries.get(name)
            or state.document.defaults is not before.document.defaults
        ]
        return self._steps((sample_of_stream(one.stream), one.valid_until), held, following)

    def of_instrument(self, one: Instrument) -> list[Step]:
        """The samples of an instrument, the one that holds now first; without what its stream says."""
        items = [(state.at, state.document.section("instruments").get(one.key)) for state in self.states]
        following = [
            (at, _never if item is None else _of_item(one.key, item))
            for (_, before), (at, item) in pairwise(items)
            if item is not before
        ]
        return self._steps((sample_of_instrument(one), one.valid_until), _of_item(one.key, one.item), following)

    def _steps(self, now: Holding, held: Held, following: Sequence[tuple[datetime, Held]]) -> list[Step]:
        found: list[Step] = [(self.states[0].at, now[0])]
        ends = [*(begins for begins, _ in following), self.until]
        _go_on(found, held, now[1], ends[0])
        for (begins, after), end in zip(following, ends[1:], strict=True):
            _go_on(found, after, begins, end)
        return found


def _go_on(found: list[Step], held: Held, at: datetime | None, end: datetime) -> None:
    """Add what changes from `at` on, before `end`."""
    while at is not None and at < end and len(found) <= MAX_CHANGES:
        sample, valid_until = held(at)
        if sample != found[-1][1]:
            found.append((at, sample))
        at = valid_until


def sample_of_stream(stream: Stream) -> Sample:
    """Null: everything is sent. The rate is 0 while the stream is off or outside its windows."""
    if stream.is_enabled and stream.is_open:
        return _json(stream.sampling) if stream.sampling else None
    return {**_json(stream.sampling or Sampling()), "rate": 0}


def sample_of_instrument(one: Instrument) -> Sample:
    """The rate is 0 while the instrument is off or outside its windows."""
    return _json(one.sampling)


def capped(steps: Sequence[Step], stream: Sequence[Step]) -> list[Step]:
    """An instrument's steps, with a rate of 0 while its stream has one."""
    begins = steps[0][0]
    moments = sorted({max(at, begins) for at, _ in (*steps, *stream)})
    return list(_distinct((at, _capped(_at(steps, at), _at(stream, at))) for at in moments))


def changes(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The steps after the first, as clients read them."""
    return [{"at": _text(at), "sample": sample} for at, sample in steps[1 : MAX_CHANGES + 1]]


def _of_entry(entry: Entry, document: Document) -> Held:
    def held(at: datetime) -> Holding:
        one = configured(entry, merged(document.defaults, entry), at)
        return sample_of_stream(one.stream), one.valid_until

    return held


def _of_item(key: str, item: Mapping[str, Any]) -> Held:
    def held(at: datetime) -> Holding:
        one = instrument(key, item, at)
        return sample_of_instrument(one), one.valid_until

    return held


def _never(_at: datetime) -> Holding:
    """Of what is not configured any more."""
    return {"unit": "session", "rate": 0}, None


def _json(sampling: Sampling) -> dict[str, Any]:
    return {"unit": sampling.unit, "rate": sampling.rate}


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _distinct(steps: Iterable[Step]) -> Iterable[Step]:
    before: list[Sample] = []
    for at, sample in steps:
        if [sample] != before:
            yield at, sample
        before = [sample]


def _at(steps: Sequence[Step], at: datetime) -> Sample:
    """What holds at a moment; what held first before it."""
    return next((sample for since, sample in reversed(steps) if since <= at), steps[0][1])


def _capped(sample: Sample, stream: Sample) -> Sample:
    is_stopped = stream is not None and stream["rate"] == 0
    return {**sample, "rate": 0} if is_stopped and sample is not None else sample
