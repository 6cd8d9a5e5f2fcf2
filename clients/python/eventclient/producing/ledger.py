"""What became of events: counted under the pipeline's lock, told to the log and the integrator without it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from eventclient.contract.answers import Fate
from eventclient.contract.queue import Drop
from eventclient.stats import REMEDIES, DropLog, Dropped, Stats


class Ledger:
    """`lock` is the pipeline's."""

    def __init__(
        self, lock: threading.Condition, on_dropped: Callable[[Dropped], None] | None, *, is_debugging: bool = False
    ) -> None:
        self.stats = Stats()
        self._lock = lock
        self._untold: dict[int, float] = {}  # by the thread that tells: all events below that number are told
        self._on_dropped = on_dropped
        self._log = DropLog(is_debugging=is_debugging)

    def refused(self, reason: str, stream: str, text: bytes | None = None) -> list[Dropped]:
        return [self.count(reason, stream, text)]

    def lost(self, drops: Iterable[Drop]) -> list[Dropped]:
        return [self.count(drop.reason, drop.item.stream, drop.item.text) for drop in drops]

    def count(self, reason: str, stream: str, text: bytes | None = None, fate: Fate | None = None) -> Dropped:
        self.stats.dropped[reason] += 1
        if fate is None:
            return Dropped(reason, stream, text, remedy=REMEDIES.get(reason, ""))
        return Dropped(reason, stream, text, fate.pointer, fate.message, fate.remedy)

    def tell(self, drops: Iterable[Dropped]) -> None:
        """Without the lock: an integrator's function may do as it likes."""
        for dropped in drops:
            self._log.tell(dropped)
            if self._on_dropped is not None:
                try:
                    self._on_dropped(dropped)
                except Exception as error:  # noqa: BLE001  # an integrator's function must not stop the sending
                    self._log.failed(error)

    @contextmanager
    def turn(self, oldest_number: Callable[[], float]) -> Iterator[list[Dropped]]:
        """With the lock held, for drops that are told once it is given away; who flushes an older event waits for that."""
        drops: list[Dropped] = []
        teller = threading.get_ident()
        with self._lock:
            oldest = oldest_number()
            yield drops
            if drops:
                self._untold[teller] = oldest
            self._lock.notify_all()
        if not drops:
            return
        try:
            self.tell(drops)
        finally:
            with self._lock:
                self._untold.pop(teller, None)
                self._lock.notify_all()

    def oldest_untold(self) -> float:
        """With the lock held. Whoever flushes while being told waits for nobody's telling: two would wait for each other."""
        return float("inf") if threading.get_ident() in self._untold else min(self._untold.values(), default=float("inf"))
