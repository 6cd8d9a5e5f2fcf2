"""A source with its progress: gives out what came, and keeps positions once what is before them is done."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventclient.consuming.deliveries import Delivery, Lane, Mark, Notice, Plan, Source
from eventclient.consuming.progress import Progress, Ticket
from eventclient.consuming.stats import Count, Stats

_log = logging.getLogger("eventclient.consuming")

OnNotice = Callable[[str, Mapping[str, Any]], None]
_COUNTED: Mapping[str, Count] = {"dropped": "dropped", "reread": "reread"}


@dataclass(frozen=True, slots=True)
class Taken:
    """An event under way."""

    delivery: Delivery
    ticket: Ticket


class Feed:
    """`done` may be called by any thread, all else by one."""

    def __init__(self, source: Source, stats: Stats, *, commit_seconds: float, on_notice: OnNotice | None = None) -> None:
        self._progress = Progress()
        self._source = source
        self._stats = stats
        self._commit_seconds = commit_seconds
        self._on_notice = on_notice
        self._pending: dict[Lane, Any] = {}
        self._ticked_at = 0.0

    def open(self, plan: Plan) -> None:
        self._ticked_at = time.monotonic()
        self._source.open(plan)

    def poll(self, seconds: float) -> list[Taken]:
        """What has come. Whoever stops before all are done leaves them to come again."""
        found = []
        for item in self._source.poll(seconds):
            match item:
                case Delivery(lane, token):
                    self._stats.add("seen")
                    found.append(Taken(item, self._progress.begin(lane, token)))
                case Mark(lane, token):
                    self._progress.mark(lane, token)
                case Notice():
                    self._tell(item)
        return found

    def done(self, taken: Taken) -> None:
        """The event is handled, parked or passed over."""
        self._progress.done(taken.delivery.lane, taken.ticket)

    def give_back(self) -> None:
        """An event is not done here: it comes again, here or elsewhere."""
        self._stats.add("given_back")

    @property
    def is_due(self) -> bool:
        """It is time for `tick`."""
        return time.monotonic() - self._ticked_at >= self._commit_seconds

    def tick(self) -> None:
        """Keep positions, and tell the source that we live though nothing was asked for."""
        self.commit()
        self._source.keep_alive()

    def commit(self) -> None:
        """Keep how far everything is done."""
        self._ticked_at = time.monotonic()
        self._pending |= self._progress.take()
        wanted = {lane: token for lane, token in self._pending.items() if not lane.is_lost}
        self._pending = wanted if wanted and not self._source.commit(wanted) else {}

    def revoked(self, lanes: Sequence[Lane]) -> None:
        """These lanes go to another consumer: keep what is done, forget the rest."""
        self.commit()
        for lane in lanes:
            lane.is_leaving = lane.is_lost = True
            self._progress.forget(lane)

    def keep_alive(self) -> None:
        self._source.keep_alive()

    def lag(self) -> Mapping[str, int]:
        return self._source.lag()

    def close(self) -> None:
        try:
            self.commit()
        finally:
            self._source.close()

    def _tell(self, notice: Notice) -> None:
        if notice.kind in _COUNTED:
            self._stats.add(_COUNTED[notice.kind], int(notice.facts.get("count") or 0))
        if notice.kind == "disconnected":
            self._stats.add("reconnects")
        level = logging.WARNING if notice.kind in {"dropped", "disconnected"} else logging.INFO
        _log.log(level, "stream.%s %s", notice.kind, " ".join(f"{name}={value}" for name, value in notice.facts.items()))
        if self._on_notice is not None:
            self._on_notice(notice.kind, notice.facts)
