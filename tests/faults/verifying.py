"""Reads a log to its end and compares it with the ledger: what is lost, doubled, or out of its key's order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NamedTuple

import orjson

from eventplatform.broker.base import Log, partitions_of
from eventplatform.core.records import TopicPartition
from tests.faults.ledger import Attempt, Event, Ledger, event_with

_SHOWN = 5


class Kept(NamedTuple):
    """An event as it stands in the log."""

    event: Event
    partition: int
    offset: int


@dataclass
class Report:
    """What came of a run. Ids are those of events; `doubled` has one entry for each copy beyond the first."""

    name: str
    promised: int = 0
    refused: int = 0
    unknown: int = 0
    kept: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    # Doubled, though each sending of it was answered by what the log itself had said. One that was spooled may have been on
    # its way to the log already.
    unexplained: list[str] = field(default_factory=list)
    kept_though_refused: list[str] = field(default_factory=list)
    inversions: list[str] = field(default_factory=list)  # behind a later event of its key, both promised
    statuses: Counter[int] = field(default_factory=Counter)
    slowest_seconds: float = 0.0
    recovery_seconds: float = 0.0

    def __str__(self) -> str:
        """One line for people."""
        statuses = " ".join(f"{status or 'none'}x{count}" for status, count in sorted(self.statuses.items()))
        return (
            f"{self.name}: promised {self.promised}, refused {self.refused}, unknown {self.unknown}, kept {self.kept}; "
            f"lost {len(self.lost)}, doubled {len(self.doubled)} ({len(self.unexplained)} unexplained), "
            f"inversions {len(self.inversions)}; slowest answer {self.slowest_seconds:.2f} s, "
            f"recovery {self.recovery_seconds:.2f} s; events by status {statuses}"
        )

    def check(self) -> None:
        """Fail where a promise is broken: each promised event is there, each refused one is not, and order holds.

        An event may be doubled only where a sending of it had no clear answer, or the spool's.
        """
        tell(self)
        broken = {
            "lost": self.lost,
            "doubled without a reason": self.unexplained,
            "kept though refused": self.kept_though_refused,
            "out of order": self.inversions,
        }
        assert not any(broken.values()), {what: ids[:_SHOWN] for what, ids in broken.items() if ids}
        assert self.promised, "nothing was promised, so nothing was tested"


def tell(words: object) -> None:
    """Print a figure for those who measure: `make faults` shows them, other runs where a test fails."""
    print(words)  # noqa: T201  # that is its purpose


def verify(name: str, ledger: Ledger, log: Log, topic: str, *, recovery_seconds: float = 0.0) -> Report:
    """Compare the ledger with all that the log has of `topic`."""
    attempts = list(ledger)
    kept = list(_kept(log, topic))
    report = Report(name, kept=len(kept), recovery_seconds=recovery_seconds)
    report.statuses.update(attempt.status for attempt in attempts)
    report.slowest_seconds = max((attempt.ended - attempt.began for attempt in attempts), default=0.0)
    _compare(report, attempts, Counter(one.event.id for one in kept))
    promised = {attempt.id for attempt in attempts if attempt.outcome == "ok"}
    report.inversions = list(_inversions(one for one in kept if one.event.id in promised))
    return report


def _kept(log: Log, topic: str) -> Iterator[Kept]:
    where = partitions_of(log.topics([topic]))
    first, end = log.first_offsets(where), log.end_offsets(where)
    reader = log.reader()
    try:
        for place in where:
            yield from _of_partition(reader, place, first[place], end[place])
    finally:
        reader.close()


def _of_partition(reader: object, place: TopicPartition, offset: int, end: int) -> Iterator[Kept]:
    while offset < end:
        batch = reader.read(place, offset, timeout_seconds=5.0)  # type: ignore[attr-defined]  # a Reader
        for record in batch.records:
            event = event_with(orjson.loads(record.value or b"{}").get("meta", {}).get("id", ""))
            if event is not None:
                yield Kept(event, place.partition, record.offset)
        assert batch.next_offset > offset, f"{place} has no record at {offset}, though it ends at {end}"
        offset = batch.next_offset


def _compare(report: Report, attempts: Iterable[Attempt], copies: Counter[str]) -> None:
    sendings: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        sendings[attempt.id].append(attempt)
    for event_id, found in sendings.items():
        outcomes = [attempt.outcome for attempt in found]
        is_promised, unclear = "ok" in outcomes, outcomes.count("unknown")
        spooled = sum(attempt.status == HTTPStatus.ACCEPTED for attempt in found)
        report.promised += is_promised
        report.unknown += not is_promised and unclear > 0
        report.refused += not is_promised and not unclear
        if is_promised and not copies[event_id]:
            report.lost.append(event_id)
        if not is_promised and not unclear and copies[event_id]:
            report.kept_though_refused.append(event_id)
        extra = max(0, copies[event_id] - 1)
        report.doubled += [event_id] * extra
        report.unexplained += [event_id] * max(0, extra - unclear - spooled)


def _inversions(kept: Iterable[Kept]) -> Iterator[str]:
    """Events whose first copy stands behind a later event of the same key."""
    seen: set[str] = set()
    highest: dict[str, int] = {}
    for one in kept:  # by partition and offset; a key keeps to one partition
        if one.event.id in seen:
            continue
        seen.add(one.event.id)
        line = one.event.id.rpartition("/")[0]  # a client's events of one key
        if one.event.number < highest.get(line, -1):
            yield one.event.id
        highest[line] = max(one.event.number, highest.get(line, -1))
