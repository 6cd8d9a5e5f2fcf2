"""Appends a group of records in one statement, so in one transaction and one round trip."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from eventplatform.broker import headers
from eventplatform.broker.base import (
    MAX_RECORD_BYTES,
    Delivery,
    LogUnavailableError,
    RecordTooLargeError,
    TopicUnknownError,
    size_of,
)
from eventplatform.broker.partitioner import choose
from eventplatform.broker.postgres import arrays
from eventplatform.broker.postgres.session import Session
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import NewRecord

CHANNEL = "eventplatform_log"  # its notifications name the partitions that grew: `12:0,12:1`

_APPEND = "select log_append(%b, %b, %b, %b, %b, %b, %b, %b, %b)"
_TOPICS = """
select t.name, t.id, count(*)::int from log_topics t join log_partitions p on p.topic_id = t.id
where t.name = any(%s) group by t.name, t.id
"""
_REMEMBER_SECONDS = 30.0  # a topic's partitions: more may be added while this producer runs
_MOST_WAKE_UPS = 400  # a notification holds 8,000 bytes; an empty one wakes everybody

Slot = tuple[int, int]  # topic id, partition


class Appender:
    """Knows where each record goes and puts them there. Used by one thread."""

    def __init__(self, url: str, answer_seconds: float) -> None:
        self._session = Session(url, "producer", arrays.register, answer_seconds=answer_seconds)
        self._topics: dict[str, tuple[int, int]] = {}  # name → id, partitions
        self._forgot_at = time.monotonic()
        self._grown: set[Slot] = set()

    def append(self, records: Sequence[NewRecord]) -> list[Delivery]:
        """What became of each record, in their order.

        Raises:
            NotSentError: nothing was appended.
            LogUnavailableError: all of them were appended, or none.
        """
        delivered: list[Delivery | None] = [None] * len(records)
        waiting = self._append_some(records, range(len(records)), delivered)
        if waiting:
            self._append_again(records, waiting, delivered)
        pairs = zip(records, delivered, strict=True)
        return [done or _refused(record, TopicUnknownError(topic=record.topic)) for record, done in pairs]

    def wake_readers(self) -> None:
        """Tell waiting readers what grew: after the commit, since a NOTIFY inside would make all appends wait in one line."""
        grown, self._grown = self._grown, set()
        payload = ",".join(f"{topic}:{partition}" for topic, partition in grown) if len(grown) <= _MOST_WAKE_UPS else ""
        with self._session.connection() as connection:
            connection.execute("select pg_notify(%s, %s)", [CHANNEL, payload])

    @property
    def has_news(self) -> bool:
        """Whether `wake_readers` has something to tell."""
        return bool(self._grown)

    def interrupt(self) -> None:
        """Let an append that waits fail now; from any thread."""
        self._session.interrupt()

    def close(self) -> None:
        """Let go of the socket."""
        self._session.close()

    def _append_again(self, records: Sequence[NewRecord], wanted: Sequence[int], delivered: list[Delivery | None]) -> None:
        """A topic may have been made anew since it was looked up: then its old id has no partition any more."""
        try:
            self._append_some(records, wanted, delivered)
        except LogUnavailableError as error:  # the others are in the log already
            for index in wanted:
                delivered[index] = _refused(records[index], error)

    def _append_some(self, records: Sequence[NewRecord], wanted: Sequence[int], delivered: list[Delivery | None]) -> list[int]:
        """Append those records; the indexes of those for which there is no partition."""
        self._look_up({records[index].topic for index in wanted})
        group = _Group()
        unknown = []
        for index in wanted:
            record = records[index]
            if (size := size_of(record)) > MAX_RECORD_BYTES:
                delivered[index] = _refused(record, RecordTooLargeError(size=size))
            elif (slot := self._slot(record)) is None:
                unknown.append(index)
            else:
                group.add(index, record, slot)
        if group.members:
            unknown += self._commit(group, records, delivered)
        for index in unknown:
            self._topics.pop(records[index].topic, None)
        return unknown

    def _commit(self, group: _Group, records: Sequence[NewRecord], delivered: list[Delivery | None]) -> list[int]:
        order = sorted(group.members)
        with self._session.connection() as connection:
            row = connection.execute(_APPEND, group.parameters(order)).fetchone()
        starts: list[int | None] = row[0] if row else []
        missing = []
        for slot, start in zip(order, starts, strict=True):
            if start is None:
                missing += group.members[slot]
                continue
            self._grown.add(slot)
            for ordinal, index in enumerate(group.members[slot]):
                delivered[index] = Delivery(records[index].topic, slot[1], start + ordinal)
        return missing

    def _look_up(self, names: Collection[str]) -> None:
        if time.monotonic() - self._forgot_at > _REMEMBER_SECONDS:
            self._topics.clear()
            self._forgot_at = time.monotonic()
        missing = [name for name in names if name not in self._topics]
        if missing:
            with self._session.connection() as connection:
                rows = connection.execute(_TOPICS, [missing]).fetchall()
            self._topics.update({name: (topic_id, partitions) for name, topic_id, partitions in rows})

    def _slot(self, record: NewRecord) -> Slot | None:
        topic = self._topics.get(record.topic)
        partition = choose(record, topic[1]) if topic else None
        return None if topic is None or partition is None else (topic[0], partition)


class _Group:
    """The records of one append: by partition, and as the columns that `log_append` takes."""

    def __init__(self) -> None:
        self.members: dict[Slot, list[int]] = {}
        self._slots: list[Slot] = []
        self._ordinals: list[int] = []
        self._timestamps: list[int] = []
        self._keys: list[bytes | None] = []
        self._values: list[bytes | None] = []
        self._headers: list[bytes | None] = []
        self._now_ms = time.time_ns() // 1_000_000

    def add(self, index: int, record: NewRecord, slot: Slot) -> None:
        members = self.members.setdefault(slot, [])
        self._slots.append(slot)
        self._ordinals.append(len(members))
        self._timestamps.append(self._now_ms if record.timestamp_ms is None else record.timestamp_ms)
        self._keys.append(record.key)
        self._values.append(record.value)
        self._headers.append(headers.dump(record.headers))
        members.append(index)

    def parameters(self, order: Sequence[Slot]) -> list[arrays.Array]:
        numbers = {slot: number for number, slot in enumerate(order, 1)}
        return [
            arrays.Integers([topic for topic, _ in order]),
            arrays.Integers([partition for _, partition in order]),
            arrays.Integers([len(self.members[slot]) for slot in order]),
            arrays.Integers([numbers[slot] for slot in self._slots]),
            arrays.Integers(self._ordinals),
            arrays.Bigints(self._timestamps),
            arrays.Bytes(self._keys),
            arrays.Bytes(self._values),
            arrays.Texts(self._headers),
        ]


def _refused(record: NewRecord, error: PlatformError) -> Delivery:
    return Delivery(record.topic, error=error)
