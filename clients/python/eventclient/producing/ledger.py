"""What became of events: counted under the pipeline's lock, told to the log and the integrator without it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from eventclient.contract.answers import Fate
from eventclient.contract.queue import Drop
from eventclient.stats import REMEDIES, DropLog, Dropped, Stats

_NEVER = float("inf")


class Drops(list[Dropped]):
    """To be told. `oldest` is the lowest number of an event among them that its caller may flush already."""

    oldest: float = _NEVER


class Ledger:
    """`lock` is the pipeline's."""

    def __init__(
        self, lock: threading.Condition, on_dropped: Callable[[Dropped], None] | None, *, is_debugging: bool = False
    ) -> None:
        self.stats = Stats()
        self._lock = lock
        # By id of the drops: the thread that tells them, and the number below which all events are told.
        self._untold: dict[int, tuple[int, float]] = {}
        self._on_dropped = on_dropped
        self._log = DropLog(is_debugging=is_debugging)

    def refused(self, reason: str, stream: str, text: bytes | None = None) -> Drops:
        return Drops([self.count(reason, stream, text)])

    def lost(self, lost: Iterable[Drop]) -> Drops:
        """Of those that waited: others than who tells may flush them."""
        drops = Drops()
        for drop in lost:
            drops.append(self.count(drop.reason, drop.item.stream, drop.item.text))
            drops.oldest = min(drops.oldest, drop.item.number)
        return drops

    def count(self, reason: str, stream: str, text: bytes | None = None, fate: Fate | None = None) -> Dropped:
        self.stats.dropped[reason] += 1
        if fate is None:
            return Dropped(reason, stream, text, remedy=REMEDIES.get(reason, ""))
        return Dropped(reason, stream, text, fate.pointer, fate.message, fate.remedy)

    def owe(self, drops: Drops) -> None:
        """With the lock held, before it is given away to `tell` them: who flushes one of them waits for that."""
        if drops and drops.oldest < _NEVER:
            self._untold[id(drops)] = (threading.get_ident(), drops.oldest)

    def tell(self, drops: Drops) -> None:
        """Without the lock: an integrator's function may do as it likes."""
        try:
            for dropped in drops:
                self._tell(dropped)
        finally:
            if id(drops) in self._untold:
                with self._lock:
                    del self._untold[id(drops)]
                    self._lock.notify_all()

    def _tell(self, dropped: Dropped) -> None:
        self._log.tell(dropped)
        if self._on_dropped is not None:
            try:
                self._on_dropped(dropped)
            except Exception as error:  # noqa: BLE001  # an integrator's function must not stop the sending
                self._log.failed(error)

    @contextmanager
    def turn(self, oldest_number: Callable[[], float]) -> Iterator[Drops]:
        """With the lock held, for drops that are told once it is given away; who flushes an older event waits for that."""
        drops = Drops()
        with self._lock:
            oldest = oldest_number()
            yield drops
            drops.oldest = oldest
            self.owe(drops)
            self._lock.notify_all()
        self.tell(drops)

    def oldest_untold(self) -> float:
        """With the lock held. Whoever flushes while being told waits for nobody's telling: two would wait for each other."""
        told = self._untold.values()
        if any(teller == threading.get_ident() for teller, _ in told):
            return _NEVER
        return min((oldest for _, oldest in told), default=_NEVER)
