"""Counts what the events of one instrument or stream show, record by record, within bounds; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from eventplatform.core.records import Record
from monitoring.canary import is_canary
from monitoring.instruments.evidence import fields
from monitoring.instruments.evidence.fields import Path

FORCED = "forced"
_MOST_NAMES = 50  # versions, domains and the like; a client can make up any number
_MOST_IDENTIFIERS = 5000
_MOST_EVENTS_KEPT = 3
_LONGEST_NAME = 200
_REST = "…"
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")

Sample = tuple[str, float]  # unit and rate; no unit: not sampled


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose events are counted, and by what they are judged.

    `key`: of the instrument, empty for a stream; `tells` says whether its events can be told by `instrument_name`. `own` are
    the stream's instruments: for a stream, their events are judged by those. `places` are the fields that hold a unit's
    identifier as the client sent it. `sample_of` answers what holds for a domain, `settled_ms` since when.
    """

    key: str
    tells: bool
    own: frozenset[str]
    begin_ms: int
    minutes: int
    settled_ms: int
    places: Mapping[str, Sequence[Path]]
    sample_of: Callable[[str], Sample]
    paths: Sequence[Path]
    declares: Callable[[str], frozenset[Path]]  # those of `paths` that a version has


@dataclass(slots=True)
class Filled:
    """How a field fares: of `asked` events whose version has it, so many said something, and so many null."""

    asked: int = 0
    filled: int = 0
    nulls: int = 0
    values: set[bytes] = field(default_factory=set)  # two at most: one means always alike


@dataclass(slots=True)
class Group:
    """Events that one sample is meant for: who sent them, and what they say of the rate."""

    events: int = 0
    identifiers: dict[str, tuple[str, str]] = field(default_factory=dict)  # with version and revision of their client
    without: int = 0  # hold no identifier of the unit
    stated: Counter[str] = field(default_factory=Counter)  # the rates that events state, by unit and rate
    disagree: int = 0  # state another


@dataclass(slots=True)
class Tally:
    """What was seen. `others` are events of the stream that aren't the instrument's, `settling` came before the sample held."""

    wanted: Wanted
    events: int = 0
    others: int = 0
    of_instruments: Counter[str] = field(default_factory=Counter)
    canaries: int = 0
    unreadable: int = 0
    forced: int = 0
    settling: int = 0
    repeated: int = 0
    versions: Counter[str] = field(default_factory=Counter)
    domains: Counter[str] = field(default_factory=Counter)
    revisions: Counter[str] = field(default_factory=Counter)
    by_minute: list[int] = field(default_factory=list)
    groups: dict[Sample, Group] = field(default_factory=dict)
    fields: dict[Path, Filled] = field(default_factory=dict)
    behind: list[float] = field(default_factory=list)  # seconds from `dt` to when the event was received
    newest: list[tuple[Record, Any]] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)
    _declared: dict[str, frozenset[Path]] = field(default_factory=dict)
    _mark: bytes = b""

    def __post_init__(self) -> None:
        self.by_minute = [0] * self.wanted.minutes
        self.fields = {path: Filled() for path in self.wanted.paths}
        key = self.wanted.key if self.wanted.tells else ""
        self._mark = key.encode() if _PLAIN.fullmatch(key) else b""  # other letters may be written in many ways

    def take(self, records: Sequence[Record]) -> None:
        """Count some records more."""
        for record in records:
            if record.value is None:
                continue
            if self._mark not in record.value:  # most of a busy stream's: not worth a parser
                self.others += 1
                continue
            self._take(record)

    def _take(self, record: Record) -> None:
        try:
            event = orjson.loads(record.value or b"")
        except orjson.JSONDecodeError:
            event = None
        if not isinstance(event, dict):
            self.unreadable += 1
        elif is_canary(event):
            self.canaries += 1
        elif not self._is_wanted(event):
            self.others += 1
        else:
            self._count(record, event)

    def _is_wanted(self, event: dict[str, Any]) -> bool:
        named = event.get("instrument_name")
        if not self.wanted.key:
            if isinstance(named, str) and named in self.wanted.own:
                self.of_instruments[named] += 1
            return True
        return named == self.wanted.key or not self.wanted.tells

    def _count(self, record: Record, event: dict[str, Any]) -> None:
        self.events += 1
        minute = (record.timestamp_ms - self.wanted.begin_ms) // 60_000
        if 0 <= minute < len(self.by_minute):
            self.by_minute[minute] += 1
        meta = event.get("meta")
        meta = meta if isinstance(meta, dict) else {}
        version, domain = _name(event.get("$schema")), _name(meta.get("domain"))
        _add(self.versions, version)
        _add(self.domains, domain)
        self._count_id(meta.get("id"))
        self._count_clock(event.get("dt"), record.timestamp_ms)
        self._count_fields(event, version)
        self._count_sample(event, record, version, domain)
        self.newest = sorted([*self.newest, (record, event)], key=lambda one: -one[0].timestamp_ms)[:_MOST_EVENTS_KEPT]

    def _count_id(self, event_id: Any) -> None:
        if isinstance(event_id, str):
            self.repeated += event_id in self._ids
            self._ids.add(event_id)

    def _count_clock(self, dt: Any, received_ms: int) -> None:
        try:
            moment = datetime.fromisoformat(dt) if isinstance(dt, str) else None
        except ValueError:
            return
        if moment is not None and moment.tzinfo is not None:
            self.behind.append(received_ms / 1000 - moment.timestamp())

    def _count_fields(self, event: dict[str, Any], version: str) -> None:
        known = self._declared.get(version)
        if known is None:
            if len(self._declared) >= _MOST_NAMES:
                return
            known = self._declared[version] = self.wanted.declares(version)
        for path in known:
            told, value = self.fields[path], fields.at(event, path)
            told.asked += 1
            if value is None:
                told.nulls += fields.is_there(event, path)
            elif value not in ("", [], {}):
                told.filled += 1
                if len(told.values) < 2:  # noqa: PLR2004  # one or more than one: nobody asks further
                    told.values.add(orjson.dumps(value)[:_LONGEST_NAME])

    def _count_sample(self, event: dict[str, Any], record: Record, version: str, domain: str) -> None:
        said = event.get("sample")
        sample: dict[str, Any] = said if isinstance(said, dict) else {}
        revision = str(sample["revision"]) if isinstance(sample.get("revision"), int) else ""
        _add(self.revisions, revision)
        if sample.get("unit") == FORCED:
            self.forced += 1
        elif record.timestamp_ms < self.wanted.settled_ms:
            self.settling += 1
        elif self.wanted.key or event.get("instrument_name") not in self.wanted.own:
            intended = self.wanted.sample_of(domain)
            group = self.groups.setdefault(intended, Group())
            _judge(group, event, intended, sample, (version, revision), self.wanted.places.get(intended[0], ()))


def _judge(  # noqa: PLR0917  # one caller, right above
    group: Group,
    event: dict[str, Any],
    intended: Sample,
    sample: Mapping[str, Any],
    client: tuple[str, str],
    places: Iterable[Path],
) -> None:
    group.events += 1
    unit, rate = sample.get("unit"), sample.get("rate")
    if isinstance(rate, int | float) and not isinstance(rate, bool):
        _add(group.stated, f"{_name(unit)} {rate:.6g}".strip())
        is_same = abs(rate - intended[1]) < 1e-9 and (unit or "") in ("", intended[0])  # noqa: PLR2004  # as far as JSON rounds
        group.disagree += not is_same
    identifier = next((found for path in places if isinstance(found := fields.at(event, path), str)), None)
    if identifier is None:
        group.without += 1
    elif len(group.identifiers) < _MOST_IDENTIFIERS:
        group.identifiers[identifier[:_LONGEST_NAME]] = client


def _add(counter: Counter[str], name: str) -> None:
    counter[name if name in counter or len(counter) < _MOST_NAMES else _REST] += 1


def _name(value: Any) -> str:
    return value[:_LONGEST_NAME] if isinstance(value, str) else ""
