"""A relay that kills itself at one point: -9, as the kernel does."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import MetaData, create_engine

from eventclient.outbox import Entry, Fate, HttpCourier, Relay, Settlement
from eventclient.outbox.sqlalchemy import SqlStore, outbox_table

URL, PLATFORM, POINT = sys.argv[1:]


def die_at(point: str) -> None:
    if point == POINT:
        os.kill(os.getpid(), signal.SIGKILL)


class Store(SqlStore):
    def claim(self, token: str, limit: int, now: datetime, until: datetime) -> Sequence[Entry]:
        die_at("before the claim")
        found = super().claim(token, limit, now, until)
        die_at("after the claim")
        return found

    def settle(self, token: str, settlements: Sequence[Settlement], now: datetime) -> int:
        die_at("before the settlement")
        heard = super().settle(token, settlements, now)
        die_at("after the settlement")
        return heard

    def _taken(self, *given: Any) -> Any:
        die_at("within the claim")
        return super()._taken(*given)


class Courier(HttpCourier):
    def deliver(self, entries: Sequence[Entry]) -> Sequence[Fate]:
        found = super().deliver(entries[: len(entries) // 2])
        die_at("with half of a batch sent")
        return [*found, *super().deliver(entries[len(entries) // 2 :])]


engine = create_engine(URL)
Relay(Store(engine, outbox_table(MetaData())), Courier(PLATFORM), batch=10, lease=timedelta(seconds=0.2)).once()
