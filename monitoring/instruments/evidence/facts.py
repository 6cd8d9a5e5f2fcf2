"""What is known of one instrument or stream when it is judged: what clients are told, and what came of it; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from eventplatform.core.schemas import Violation
from monitoring.instruments.evidence.estimating import Estimate
from monitoring.instruments.evidence.fields import Path
from monitoring.instruments.evidence.tallying import Filled, Group, Sample, Tally


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked at: an instrument on its stream, or, without a key, a stream."""

    stream: str
    key: str = ""

    @property
    def name(self) -> str:
        """As people call it."""
        return self.key or self.stream

    @property
    def kind(self) -> str:
        """The word for it."""
        return "instrument" if self.key else "stream"


@dataclass(frozen=True, slots=True)
class Told:
    """What clients are told now (`/api/v1/client`): `entry` of the stream, `holding` of the subject; None where nothing is."""

    revision: int
    refresh_seconds: float
    entry: Mapping[str, Any] | None
    holding: Mapping[str, Any] | None
    intake: str = ""
    why_off: str = ""  # where the rate is 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Refused events of one reason at one place: how many of those that were looked at, and the newest."""

    code: str
    pointer: str
    message: str
    remedy: str
    number: int
    last_at: datetime
    group: str  # of dead letters
    example: Any = None
    places: Sequence[Violation] = ()


@dataclass(frozen=True, slots=True)
class Refusals:
    """Those of the subject; `unnamed` of its stream don't say whose they are. `is_cut`: there may be older ones."""

    groups: Sequence[Refusal] = ()
    unnamed: int = 0
    is_cut: bool = False

    @property
    def number(self) -> int:
        """All that were looked at."""
        return sum(one.number for one in self.groups)


@dataclass(frozen=True, slots=True)
class Looked:
    """How far the log was read: from `begin` on nothing is missing; `left_out` are older records of the minutes."""

    begin: datetime
    end: datetime
    records: int = 0
    left_out: int = 0
    seconds: float = 0.0
    topics: int = 0
    is_away: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """Events that one sample is meant for, and what their identifiers say of it."""

    sample: Sample
    group: Group
    estimate: Estimate
    is_readable: bool  # False: identifiers reach the log hashed or not at all


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is judged. `counts` are the intake's of the whole stream, by outcome and reason."""

    subject: Subject
    minutes: int
    told: Told
    looked: Looked
    tally: Tally
    judged: Sequence[Judged] = ()
    refusals: Refusals = Refusals()
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    contextual: Sequence[Path] = ()
    version: str = ""  # the newest of the schema

    @property
    def fields(self) -> Mapping[Path, Filled]:
        """How the optional fields fare."""
        return self.tally.fields

    @property
    def clock(self) -> tuple[float, float] | None:
        """The middle and the worst hundredth of the seconds from `dt` to the intake; None where no event has both."""
        return quantiles(self.tally.behind)


def quantiles(values: Sequence[float]) -> tuple[float, float] | None:
    """The median, and what 99 % don't exceed in either direction."""
    if not values:
        return None
    ordered = sorted(values)
    low, high = (ordered[min(int(share * len(ordered)), len(ordered) - 1)] for share in (0.01, 0.99))
    return ordered[len(ordered) // 2], high if abs(high) >= abs(low) else low
