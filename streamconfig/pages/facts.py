"""A stream's facts in the words of the pages: state, sampling, volume, what a revision changed."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from eventplatform import figures, panels
from eventplatform.core.streams import Sampling, Stream
from eventplatform.outage import unless_away
from registry.schema.schema_set import SchemaSet
from streamconfig import touching
from streamconfig.configuration import changes
from streamconfig.configuration.stream_set import Configured
from streamconfig.models import Revision
from streamconfig.pages.pending import Item, Pending
from streamconfig.snapshots import Snapshot

_WORST_FIRST = {"fail": 0, "warn": 1, "info": 2, "ok": 3, "unknown": 4, "paused": 5}
ATTENTION = frozenset({"fail", "warn"})
_MAX_TEXT = 60
_MANY_REFUSED = 0.01  # of a stream's events in the last hour
_MINUTES = 60  # of volume that lists show
_SECONDS_COUNTED = 60.0


@dataclass(frozen=True, slots=True)
class Known:
    """What other rooms know of all streams, asked once for a page."""

    schemas: SchemaSet
    volumes: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    refused: Mapping[str, float] = field(default_factory=dict)
    canaries: Mapping[str, datetime] = field(default_factory=dict)
    pending: Mapping[Item, tuple[Pending, ...]] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)  # key → title


@dataclass(frozen=True, slots=True)
class Facts:
    """A row of the list, and the head of a stream's page."""

    configured: Configured
    state: str
    word: str
    volume: Sequence[float | None]
    events: float | None
    refused: float | None = None
    canary_at: datetime | None = None
    pending: tuple[Pending, ...] = ()
    owner: str = ""

    @property
    def name(self) -> str:
        return self.configured.entry.name

    @property
    def sampling(self) -> str:
        """In words; a stream that is off reaches nobody whatever its rate says."""
        stream = self.configured.stream
        return sampling_words(stream.sampling) if stream.is_enabled else "off"

    @property
    def rate(self) -> float:
        """The share of clients that send."""
        sampling = self.configured.stream.sampling
        return sampling.rate if sampling else 1.0

    @property
    def next_rate(self) -> str:
        """The rate that a settled change brings, in percent; empty where none does."""
        rates = [one.rate for one in self.pending if one.is_scheduled and one.rate is not None]
        return percent(rates[0]) if rates else ""

    @property
    def per_second(self) -> float | None:
        """Events per second over the minutes that were counted."""
        counted = [value for value in self.volume if value is not None]
        return sum(counted) / len(counted) / _SECONDS_COUNTED if counted else None

    @property
    def refused_share(self) -> str:
        """As a percentage; empty where the intake counted nothing."""
        return "" if self.refused is None else percent(self.refused)

    @property
    def is_much_refused(self) -> bool:
        """True where the intake refuses more than a few of its events."""
        return self.refused is not None and self.refused >= _MANY_REFUSED

    @property
    def next_at(self) -> datetime | None:
        """When the next settled change begins to hold."""
        return next((one.effective_at for one in self.pending if one.is_scheduled), None)

    @property
    def rank(self) -> tuple[int, float, str]:
        """What needs attention first, then volume."""
        return _WORST_FIRST[self.state], -(self.events or 0), self.name


def known_now(snapshot: Snapshot, pending: Mapping[Item, tuple[Pending, ...]], names: Collection[str] | None = None) -> Known:
    """Ask the rooms that count, for these streams or all; what isn't counted, or can't be asked now, leaves no hole."""
    teams = snapshot.stream_set.document.section("teams")
    return Known(
        snapshot.schemas,
        volumes=unless_away(lambda: panels.call("monitoring.volumes", _MINUTES, names, default={}), {}),
        refused=unless_away(lambda: panels.call("monitoring.refused_shares", default={}), {}),
        canaries=unless_away(lambda: panels.call("monitoring.last_canaries", default={}), {}),
        pending=pending,
        teams={key: str(team.get("title") or key) for key, team in teams.items()},
    )


def facts_of(entries: Iterable[Configured], known: Known, today: date | None = None) -> list[Facts]:
    """The facts of each entry."""
    today = today or datetime.now(UTC).date()
    return [_facts(one, known, today) for one in entries]


def _facts(one: Configured, known: Known, today: date) -> Facts:
    name = one.entry.name
    volume, refused = known.volumes.get(name, ()), known.refused.get(name)
    counted = [value for value in volume if value is not None]
    events = sum(counted) if counted else None
    pending = known.pending.get(("streams", name), ())
    state, word = _trouble(one, known, refused, today) or _quiet_state(one, pending, events)
    owner = known.teams.get(one.entry.about.owner, one.entry.about.owner)
    return Facts(one, state, word, volume, events, refused, known.canaries.get(name), pending, owner)


def _trouble(one: Configured, known: Known, refused: float | None, today: date) -> tuple[str, str] | None:
    """What needs somebody, the worst first."""
    if not one.stream.is_enabled:
        return None
    if not known.schemas.has_title(one.stream.schema_title):
        return "fail", "No schema"
    if refused is not None and refused >= _MANY_REFUSED:
        return "fail", f"{percent(refused)} rejected"
    if (one.entry.about.expires_on or "9") < today.isoformat():
        return "warn", "Expired"
    return None


def _quiet_state(one: Configured, pending: Iterable[Pending], events: float | None) -> tuple[str, str]:
    if not one.stream.is_enabled:
        return "paused", "Switched off"
    at = next((change.effective_at for change in pending if change.is_scheduled and change.effective_at), None)
    if at:
        return "info", f"Changes {at:%a} {at.day} {at:%b}"
    if not is_open(one.stream):
        return "paused", "Window closed"
    if events:
        return "ok", "Receiving"
    return "unknown", "A pattern" if one.pattern else "No events yet"


def is_open(stream: Stream) -> bool:
    """False outside of the stream's windows."""
    return bool(getattr(stream, "is_open", True))


def sampling_words(sampling: Sampling | None) -> str:
    """`5 % of sessions`, or everybody where nothing is drawn."""
    if sampling is None:
        return "everybody"
    return f"{percent(sampling.rate)} of {sampling.unit}s"


def percent(rate: float) -> str:
    """A share as people write it: `5 %`."""
    return f"{figures.digits(rate * 100)}\u202f%"


@dataclass(frozen=True, slots=True)
class Event:
    """A revision as a stream's history tells it."""

    revision: Revision
    kind: str
    fields: tuple[tuple[str, str, str], ...]


def history_of(name: str, *, section: str = "streams", limit: int = 20) -> list[Event]:
    """The revisions that touched an item, newest first."""
    rows = touching.revisions(section, name)[:limit]
    return [Event(row, one.kind, field_words(one.fields)) for row in rows for one in touching.changes_in(row)]


def field_words(fields: Iterable[changes.Field]) -> tuple[tuple[str, str, str], ...]:
    """Path, was, becomes as texts; a side that was absent is empty."""
    return tuple(
        (
            one.path,
            _word(one.path, one.was) if one.was_set else "",
            _word(one.path, one.becomes) if one.is_set else "",
        )
        for one in changes.leaves(fields)
    )


def _word(path: str, value: Any) -> str:
    if path == "sample.rate" and isinstance(value, int | float) and not isinstance(value, bool):
        return percent(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"
