"""A stream as every room sees it: frozen, read from a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from eventplatform.core.door_rules import DoorRules

# Streams of Wikimedia's old EventLogging: their topics bear the stream's name in every datacenter.
_UNPREFIXED = "eventlogging_"

Late = Literal["", "accept", "flag", "drop"]
SampleUnit = Literal["pageview", "session", "device"]


def _nothing() -> Mapping[str, Any]:
    """A factory: dataclasses refuse a mapping proxy as a default, since it can't be hashed before Python 3.12."""
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which share of clients sends: `rate` between 0 and 1, per `unit`."""

    unit: SampleUnit = "session"
    rate: float = 1.0


@dataclass(frozen=True, slots=True)
class Stream:
    """A configured flow of events of one schema title.

    `settings` is the whole merged configuration as the streamconfigs API shows it; the other fields are read from it. There
    a stream that is off or outside its windows has a rate of 0; `sampling` is what holds while it is on and open.
    """

    name: str
    schema_title: str
    service: str
    topics: tuple[str, ...]
    is_enabled: bool = True
    canary_events_enabled: bool = True
    sampling: Sampling | None = None
    message_key_fields: Mapping[str, str] = field(default_factory=_nothing)
    consumers: Mapping[str, Mapping[str, Any]] = field(default_factory=_nothing)
    settings: Mapping[str, Any] = field(default_factory=_nothing, repr=False)
    is_open: bool = True  # within its windows
    late: Late = ""  # what becomes of events that arrive now; empty while the window is open, or its grace lasts
    stopped_instruments: frozenset[str] = frozenset()  # switched off: their events are refused
    partitions: int | None = None  # of its topics; None: as the log's settings say
    retention_hours: int | None = None  # likewise
    door: DoorRules = field(default_factory=DoorRules)  # what the intake asks of its events beyond their schema

    def topic(self, prefix: str = "") -> str:
        """The topic that an intake with this datacenter `prefix` produces to."""
        wanted = self.name if self.name.startswith(_UNPREFIXED) else prefix + self.name
        return wanted if wanted in self.topics or not self.topics else self.topics[0]
