"""How sending to one intake goes: what is on its way, what has to be halved, and how long to wait after failures."""

from __future__ import annotations

from collections import deque

from eventclient.contract.queue import Item


class Way:
    __slots__ = ("failures", "flying", "paused_until", "pieces")

    def __init__(self) -> None:
        self.failures = 0
        self.paused_until = 0.0
        self.flying: dict[int, list[Item]] = {}  # by the number of the request
        self.pieces: deque[list[Item]] = deque()  # of batches that were too large

    def is_busy(self, in_flight: int, *, ordered: bool) -> bool:
        """After a failure one request at a time tries whether the intake is back."""
        return len(self.flying) >= (1 if ordered or self.failures else in_flight)

    def halve(self, items: list[Item]) -> None:
        middle = len(items) // 2
        self.pieces.extendleft((items[middle:], items[:middle]))

    def fail(self, until: float) -> None:
        self.failures += 1
        self.paused_until = max(self.paused_until, until)

    def emptied(self) -> list[Item]:
        """All that it held."""
        items = [item for batch in (*self.pieces, *self.flying.values()) for item in batch]
        self.pieces.clear()
        self.flying.clear()
        return items

    def oldest_number(self) -> float:
        batches = (*self.flying.values(), *self.pieces)
        return min((items[0].number for items in batches), default=float("inf"))
