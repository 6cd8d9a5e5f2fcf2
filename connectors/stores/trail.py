"""What the platform does behind a store that reads the log by itself: marks canaries, counts rows, sets aside what is no event.

It is read and sorted as for any sink; only no row is written. The position, in the platform's own database, says how far the
platform has followed; of which topic and log that is, tells a topic that was made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from connectors.sinks.base import Follower, Position, RowsRefusedError, Sink, Store, WriteBatch, Written
from connectors.stores.own_positions import OwnPositions
from eventplatform.broker.loop import FlushRule
from eventplatform.core.errors import RejectedError
from eventplatform.core.records import TopicPartition

_RULE = FlushRule(rows=5000, bytes=8 * 1024 * 1024, age_seconds=1.0)


@dataclass(frozen=True, slots=True)
class NoOptions:
    """A trail has none."""


class Trail(Sink):
    """Goes where the follower has been. `leaves_out` says which events the follower's reader doesn't take, and why."""

    title = "Trail"
    guarantee = "Exactly once: marks and the next offset are written in one transaction."
    target_type = NoOptions
    options_type = NoOptions
    needs_schema = False

    def __init__(self, connector: str, target: Any = None, options: Any = None) -> None:  # noqa: ARG002  # the contract's
        self._connector = connector
        self._own: OwnPositions | None = None
        self.leaves_out: Callable[[Mapping[str, Any]], RejectedError | None] = lambda _event: None

    def beside(self, store: Store) -> Self:
        """The same in that store's surroundings, and knowing what it leaves out."""
        self.around = store.around
        if isinstance(store, Follower):
            self.leaves_out = store.leaves_out
        return self

    @property
    def flush_rule(self) -> FlushRule:
        return _RULE

    def open(self) -> None:
        self._own = OwnPositions(self.around.database_url, self._connector)
        self._own.open()

    def close(self) -> None:
        if self._own is not None:
            self._own.close()
            self._own = None

    def position(self, where: TopicPartition) -> Position | None:
        return self._marks.position(where)

    def write(self, batch: WriteBatch) -> Written:
        reasons = {row.offset: self.leaves_out(row.event) for row in batch.rows}
        refused = {offset: reason for offset, reason in reasons.items() if reason is not None}
        if refused:
            raise RowsRefusedError(refused)
        self._marks.step(batch)
        return Written(len(batch.rows), len(batch.canaries))

    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        return self._marks.canary_written(stream, event_id)

    def expire(self, stream: str, *, before: datetime) -> int:  # noqa: ARG002  # it holds nothing of a stream but marks
        return 0

    @property
    def _marks(self) -> OwnPositions:
        if self._own is None:
            raise AssertionError
        return self._own
