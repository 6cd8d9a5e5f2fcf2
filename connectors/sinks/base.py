"""The contract of a store: a sink (records into it, exactly once, because the store holds the next offset) or a follower.

A sink is one connector's open hand on a store, used by one slice at a time on one thread. A slice calls, in this order:
`open`, then for each partition `position`, then as long as records come `prepare` (before the first record of a schema)
and `write`, and at last `close`. `tests/contracts/test_sinks.py` runs every sink of the catalog through the contract.

**The position is the store's.** `write` puts rows, canary markers and the next offset into the store in *one* transaction of
the store, and only if the stored position is still the expected one (compare-and-set). Otherwise it raises `FencedError` and
leaves nothing behind. So a slice that lost its lease, or was asleep for an hour, wastes work but never doubles a row. The
platform mirrors offsets as an index for pages; it never reads them back as truth.

A position names the log it belongs to: the cluster and the incarnation of the topic. `write` stores what it is given, also a
move backwards or to another incarnation (an operator's choice); the caller decides what is allowed, never the sink.

**What a store can't do in one transaction** it replaces by keys that make writing the same record again harmless, and says so
in `guarantee`. A store without even that says "at least once" there.

**Errors** tell the slice what to do, by their family:

- `RejectedError` from `write`: some record of the batch can't be stored as it is. Nothing of the batch was written. A sink that
  knows which ones says so with `RowsRefusedError`, by offset; otherwise the caller halves the batch until the record stands
  alone. It is set aside as a dead letter, and only then the offset moves past it. A sink never skips a record by itself:
  one that the connector's own rules drop (`columns: discard_row`) is refused with `RowDiscardedError`, which the caller
  counts instead of setting it aside. What the *store* can take in some form, it takes: under the policy `evolve`, a value
  that doesn't fit its column goes to a column for such values (`_extra`), not to the dead letters.
- `RetriableError`: the store is away, locked, full, or a right is missing. Nothing was written, or, after a lost connection,
  perhaps everything: the next slice asks `position`, and so never guesses.
- `FatalError` (`FencedError` too): stop this slice. `FencedError` ends quietly, somebody else is at work; any other one stops
  the connector until a person resumes it.

**Canaries** (`meta.domain: canary`) prove that the path is alive. They come apart from the rows, and go into the store's
marker (`_canaries`: stream, event id, sent, written), never into a table, file or index of data.

**A store that can't hold a position** (a webhook, counters) keeps it in the platform's own database, by
`connectors.stores.own_positions`, and says what that means in `guarantee`.

**A follower** (`Follower`) is a store that reads the log by itself, as Druid's supervisors do: the platform makes its reader,
watches, suspends and resets it, and writes no row.

**Options** are declared once, in two frozen dataclasses made of `option(…)`: `target_type` (where the store is, for all its
connectors) and `options_type` (how this connector writes). Form, API, docs and masking follow from them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, ClassVar, Literal, Self

from connectors.batches import Canary, Position, Row, WriteBatch, Written, owner_of
from connectors.mapping.preview import Preview
from connectors.refusals import (
    FencedError,
    RecordRefusedError,
    RowDiscardedError,
    RowsRefusedError,
    StoreDeniedError,
    StoreUnavailableError,
    UpsertUnsupportedError,
)
from connectors.steering import NO_STEERING, Steering
from eventplatform.broker.loop import FlushRule
from eventplatform.core.errors import PlatformError, RejectedError
from eventplatform.core.records import TopicPartition

__all__ = [
    "Canary",
    "FencedError",
    "Follower",
    "Position",
    "Progress",
    "Reading",
    "RecordRefusedError",
    "Row",
    "RowDiscardedError",
    "RowsRefusedError",
    "Sink",
    "Store",
    "StoreDeniedError",
    "StoreUnavailableError",
    "Surroundings",
    "UpsertUnsupportedError",
    "WriteBatch",
    "Written",
    "owner_of",
]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a store may use of the platform around it.

    `database_url`: the platform's own Postgres. `event_log_url`: as `EVENT_LOG_URL`. `folder`: for what may be lost.
    `private_hosts`: of inner networks, which a webhook may call all the same.
    """

    database_url: str = ""
    event_log_url: str = ""
    folder: str = ""
    private_hosts: tuple[str, ...] = ()


class Store(ABC):
    """One connector's hand on a store: what sinks and followers have in common."""

    title: ClassVar[str]  # as people call the store: "PostgreSQL"
    summary: ClassVar[str] = ""  # one sentence for the catalogue of kinds: what becomes of events there
    guarantee: ClassVar[str]  # one sentence: what survives a crash, and why
    target_type: ClassVar[type[Any]]
    options_type: ClassVar[type[Any]]
    ttl_by_expiry: ClassVar[bool] = False  # True: rows older than `ttl_seconds` go by `expire`, which is called every minute
    around: Surroundings = Surroundings()  # set by whoever makes it, before `open`

    @abstractmethod
    def __init__(self, connector: str, target: Any, options: Any) -> None:
        """Remember the parsed target and options; touch nothing outside yet."""

    @abstractmethod
    def open(self) -> None:
        """Connect, and make what the store itself needs (places for offsets and canaries)."""

    @abstractmethod
    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        """When the canary was written into the store's marker; None if it was not."""

    @abstractmethod
    def expire(self, stream: str, *, before: datetime) -> int:
        """Delete what was taken in before that moment, in bounded steps; how many rows, or files where rows aren't known.

        Offsets and canaries stay: what is deleted is not written again.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of everything; harmless when not open."""

    def check(self) -> None:
        """Prove that the store can be used as the options say, for "Test connection"; by default as a slice begins.

        A store whose `open` leaves something behind that binds it to this connector's name does less here.

        Raises:
            PlatformError: it can't, and why.
        """
        with self:
            pass

    def __enter__(self) -> Self:
        try:
            self.open()
        except BaseException:
            self.close()  # what the first half of `open` opened
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class Sink(Store):
    """A store that the platform writes rows into; see the module's text for the rules."""

    needs_schema: ClassVar[bool] = True  # False: `prepare` is never called, events of unknown schemas are welcome
    can_backfill: ClassVar[bool] = True  # False: a second position has no place in it, or records would count twice

    @property
    @abstractmethod
    def flush_rule(self) -> FlushRule:
        """When to write: by rows, bytes, or the age of the first record that waits; an age of 0 means at once."""

    @abstractmethod
    def position(self, where: TopicPartition) -> Position | None:
        """What the store holds, finished if a crash interrupted it; None before the first `write`."""

    def prepare(  # schemaless stores have nothing to prepare
        self, stream: str, schema_id: str, document: Mapping[str, Any], steering: Steering
    ) -> None:
        """Make the store ready for events of this schema, or evolve it, before the first such event is written.

        Called by slices with the schema of an event, and by the watcher with every version of a stream's schema title as
        soon as the registry has it. `document` is materialised. Under `columns: freeze` nothing that exists is altered.
        """

    def preview(  # what most stores can show, `connectors.mapping.previewing` makes
        self,
        stream: str,  # noqa: ARG002  # the contract's
        schemas: Mapping[str, Mapping[str, Any]],  # noqa: ARG002  # likewise
        rows: Sequence[Row],  # noqa: ARG002  # likewise
        steering: Steering,  # noqa: ARG002  # likewise
    ) -> Preview | None:
        """What would become of these rows, as if nothing were there yet; None where the kind can't tell.

        Optional, for dry runs: called on a sink that is not open, and must not touch the store. `schemas` are the
        materialised documents of the rows' schemas, by id.
        """
        return None

    @abstractmethod
    def write(self, batch: WriteBatch) -> Written:
        """Put the batch into the store in one transaction, if the stored position is `batch.expected`.

        Raises:
            FencedError: it is another one; nothing was written.
            RejectedError: a record can't be stored; nothing was written. RowsRefusedError: these ones.
            RetriableError: the store is away or busy.
        """


@dataclass(frozen=True, slots=True)
class Reading:
    """What a follower's own reader shall do: take these topics of a stream, whose events have these schemas (by id)."""

    stream: str
    topics: tuple[str, ...]
    schemas: Mapping[str, Mapping[str, Any]]
    steering: Steering = NO_STEERING


@dataclass(frozen=True, slots=True)
class Progress:
    """How a follower's reader is doing. Offsets are the next to read: after what is durable, and after what can be queried."""

    state: Literal["pending", "running", "suspended", "failed"]
    next_offsets: Mapping[TopicPartition, int] = field(default_factory=dict)
    error: PlatformError | None = None
    read_offsets: Mapping[TopicPartition, int] = field(default_factory=dict)


class Follower(Store):
    """A store that reads the log by itself. Every method may be called again and again: it looks first, and changes little."""

    begins_at_first: bool = True  # False: a new stream is read from the log's end

    @abstractmethod
    def follow(self, reading: Reading) -> Progress:
        """Make the store's reader, or change it where it differs, let it run, and say how it is doing."""

    @abstractmethod
    def suspend(self, stream: str) -> None:
        """Stop reading; what was read is kept. Unknown streams are ignored."""

    @abstractmethod
    def running(self) -> Collection[str]:
        """The streams whose reader this connector made, and nobody suspended."""

    def leaves_out(self, event: Mapping[str, Any]) -> RejectedError | None:  # noqa: ARG002  # most take every event
        """Why the store's reader does not take this event; None where it does. The platform sets it aside."""
        return None

    @abstractmethod
    def reset(self, reading: Reading, offsets: Mapping[TopicPartition, int]) -> None:
        """Go on from these offsets, by an operator's choice."""
