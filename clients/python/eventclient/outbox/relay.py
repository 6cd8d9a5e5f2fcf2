"""The loop that takes rows up, sends them and writes what became of them; any number of relays may run over one outbox."""

from __future__ import annotations

import itertools
import logging
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from eventclient.outbox.courier import Courier
from eventclient.outbox.entries import Entry
from eventclient.outbox.fates import Settlement, settlement
from eventclient.outbox.store import DEFAULT_LEASE, Store

_log = logging.getLogger("eventclient.outbox")
_CLEAN_EVERY_SECONDS = 60.0
_CLEANED_AT_ONCE = 1000


class Relay:
    """Sends what an outbox holds, at least once: a row is settled only after the intake's answer.

    Killed at any moment it loses nothing. What it had in its hands is sent again once `lease` is over, with the same
    `meta.id`, so that an intake which remembers ids takes it once. `keep`: how long rows that were sent stay; 0: not at all.
    """

    def __init__(
        self,
        store: Store,
        courier: Courier,
        *,
        batch: int = 200,
        lease: timedelta = DEFAULT_LEASE,
        keep: timedelta = timedelta(days=1),
        idle_seconds: float = 1.0,
    ) -> None:
        self._store, self._courier = store, courier
        self._batch, self._lease, self._keep, self._idle_seconds = batch, lease, keep, idle_seconds
        self._cleaned_at = -_CLEAN_EVERY_SECONDS
        self.counts: Counter[str] = Counter()  # of this process: sent, again, refused, late (another relay had them by then)

    def once(self) -> int:
        """Send all that is due now; how many tries that took. What has to wait for another try is left to the next call."""
        total = 0
        while taken := self.step():
            total += taken
        return total

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set. A store that is away is asked again after a pause: rows stay where they are."""
        for failures in itertools.count():
            if stop.is_set():
                return
            try:
                self._run(stop)
            except Exception as error:  # noqa: BLE001  # the relay outlives whatever its database does
                _log.warning("outbox.store_away error=%s failures=%d", type(error).__name__, failures + 1)
                stop.wait(min(60.0, self._idle_seconds * 2 ** min(failures, 6)))

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            taken = self.step()
            self.clean()
            if not taken:
                stop.wait(self._idle_seconds)

    def step(self) -> int:
        """One batch: take up, send, settle. How many rows that were."""
        now, token = datetime.now(UTC), uuid.uuid4().hex
        entries = self._store.claim(token, self._batch, now, now + self._lease)
        if entries:
            self._settle(token, entries)
        return len(entries)

    def clean(self) -> int:
        """Delete rows that were sent long enough ago, once a minute at most."""
        if time.monotonic() - self._cleaned_at < _CLEAN_EVERY_SECONDS:
            return 0
        before, total = datetime.now(UTC) - self._keep, 0
        while found := self._store.clean(before, _CLEANED_AT_ONCE):
            total += found
        self._cleaned_at = time.monotonic()
        return total

    def _settle(self, token: str, entries: Sequence[Entry]) -> None:
        fates = self._courier.deliver(entries)
        now = datetime.now(UTC)
        settled = [settlement(entry.row, fate, entry.tries, now) for entry, fate in zip(entries, fates, strict=True)]
        heard = self._store.settle(token, settled, now)
        self._count(settled, heard)

    def _count(self, settled: Sequence[Settlement], heard: int) -> None:
        found = Counter[str](one.fate.kind for one in settled)
        self.counts.update(found)
        self.counts["late"] += len(settled) - heard
        refused = Counter(one.fate.code for one in settled if one.fate.kind == "refused")
        for code, count in refused.items():
            _log.warning("outbox.refused code=%s count=%d", code, count)
