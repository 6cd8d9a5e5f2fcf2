"""Calls that come before the first answer about the configuration: kept, the oldest dropped first (§1)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from eventclient.producing.calls import Call, frozen


class EarlyCalls:
    def __init__(self, most_events: int, most_bytes: int) -> None:
        self._kept: deque[tuple[int, Call]] = deque()
        self._most_events = most_events
        self._most_bytes = most_bytes
        self.size = 0

    def __len__(self) -> int:
        return len(self._kept)

    @staticmethod
    def frozen(call: Call) -> Call | None:
        """None where the event is no JSON."""
        try:
            return frozen(call)
        except Exception:  # noqa: BLE001  # a caller's values and to_event(); the call that they stand in must go on
            return None

    def put(self, call: Call, number: int) -> list[tuple[int, Call]]:
        """Keep a frozen call; those that had to go for it, with their numbers."""
        self._kept.append((number, call))
        self.size += len(call.event)
        lost = []
        while len(self._kept) > self._most_events or self.size > self._most_bytes:
            lost.append(self._kept.popleft())
            self.size -= len(lost[-1][1].event)
        return lost

    def take(self, count: int) -> Iterator[tuple[int, Call]]:
        for _ in range(min(count, len(self._kept))):
            number, call = self._kept.popleft()
            self.size -= len(call.event)
            yield number, call

    def oldest_number(self) -> float:
        return self._kept[0][0] if self._kept else float("inf")
