"""Is an hour of a stream all there in a store? By offsets, and by something that proves the path in that hour; pure.

All records of an hour are stored once the store's position in every partition is at or behind the offset where the hour ends.
That alone says nothing of an hour without records: it may be idle or broken. Only an event or a canary that came in the hour
proves its topic; without either the hour is not complete, however far the positions are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

State = Literal["complete", "empty", "open", "late", "unknown"]
WORDS = {
    "complete": "Complete",
    "empty": "Complete and empty",
    "open": "Open",
    "late": "Not complete",
    "unknown": "Unknown",
}
STATES = list(WORDS)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Part:
    """A partition: where the hour begins and ends in it, and where the store stands; None where it doesn't read it."""

    topic: str
    partition: int
    begin: int
    end: int
    position: int | None

    @property
    def missing(self) -> int:
        """Records of the hour, or from before it, that the store lacks; as far as is known."""
        return self.end - self.begin if self.position is None else max(self.end - self.position, 0)


@dataclass(frozen=True, slots=True)
class Proof:
    """What came into a topic in the hour; `is_due`: canaries were to come into it all the time."""

    topic: str
    records: int
    canaries: int
    is_due: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a stream's hour in a store. `flag` is a lake's own; None of other stores."""

    hour: datetime
    parts: Sequence[Part] = ()
    proofs: Sequence[Proof] = ()
    held_because: str = ""
    is_spool_waiting: bool = False
    flag: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be said of the hour, why, and how many events the log took in it."""

    state: State
    reason: str = ""
    events: int = 0

    @property
    def is_complete(self) -> bool:
        """All that came is stored, and the path is proven."""
        return self.state in {"complete", "empty"}


def judge(known: Known, *, now: datetime, grace: timedelta, flag_grace: timedelta = HOUR) -> Verdict:
    """The verdict; `grace` is how long after its end an hour may be open, `flag_grace` how long a lake may take."""
    end = known.hour + HOUR
    events = sum(max(one.records - one.canaries, 0) for one in known.proofs)
    if now < end:
        return Verdict("open", "The hour is going on.", events)
    if not known.parts:
        return Verdict("unknown", "Where it begins and ends in the log was not noted.", events)
    not_yet: State = "open" if now < end + grace else "late"
    if missing := _missing(known):
        return Verdict(not_yet, missing, events)
    if known.is_spool_waiting:
        return Verdict(not_yet, "Events wait in an intake's spool; some of them may belong to this hour.", events)
    if known.flag is False:
        not_yet = "open" if now < end + flag_grace else "late"
        return Verdict(not_yet, "Its records are stored; the lake has not raised the hour's flag yet.", events)
    return _proven(known, not_yet, events)


def _missing(known: Known) -> str:
    """Which records the store lacks; empty where it has all."""
    unread = [one for one in known.parts if one.position is None and one.end > one.begin]
    behind = [one for one in known.parts if one.position is not None and one.missing]
    if not unread and not behind:
        return ""
    if known.held_because:
        return known.held_because
    if unread:
        return f"The connector does not read {unread[0].topic}/{unread[0].partition} yet."
    records = sum(one.missing for one in behind)
    return f"{records} records up to its end are not stored yet ({behind[0].topic}/{behind[0].partition})."


def _proven(known: Known, not_yet: State, events: int) -> Verdict:
    silent = [one for one in known.proofs if not one.records]
    due = [one for one in silent if one.is_due]
    if due:
        reason = f"Nothing came into {due[0].topic}, not even a canary: an idle path can't be told from a broken one."
        return Verdict(not_yet, reason, events)
    if len(silent) == len(known.proofs):
        return Verdict("unknown", "Nothing came, and no canary was to come all the hour: it is idle, or it is broken.", events)
    return Verdict("complete" if events else "empty", "" if events else "No event came; canaries prove the path.", events)
