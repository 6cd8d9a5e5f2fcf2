"""What became of events: counted under the pipeline's lock, told to the log and the integrator without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from eventclient.contract.answers import Fate
from eventclient.contract.queue import Drop
from eventclient.stats import REMEDIES, DropLog, Dropped, Stats


class Ledger:
    def __init__(self, on_dropped: Callable[[Dropped], None] | None, *, is_debugging: bool = False) -> None:
        self.stats = Stats()
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
