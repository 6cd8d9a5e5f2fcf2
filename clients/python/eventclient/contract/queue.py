"""What waits to be sent: bounded by events and bytes, oldest first, in one lane for each intake (§5, §7)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

WEEK_MS: Final = 7 * 24 * 60 * 60 * 1000


class Item:
    """An event as it is sent, and what is known of its way."""

    __slots__ = ("attempts", "due", "headers", "made", "number", "stream", "text")

    def __init__(
        self, text: bytes, stream: str, made: float, number: int = 0, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self.text = text
        self.stream = stream
        self.made = made
        self.number = number
        self.headers = headers
        self.attempts = 0
        self.due = 0.0


class Drop(NamedTuple):
    item: Item
    reason: str


class Lane:
    """The events of one intake: those that may go, and those that go again later."""

    __slots__ = ("later", "next_due", "ready", "ready_bytes", "since")

    def __init__(self) -> None:
        self.ready: deque[Item] = deque()
        self.ready_bytes = 0
        self.later: list[Item] = []
        self.next_due = float("inf")
        self.since = 0.0

    def oldest(self) -> Item | None:
        """The one that was made first."""
        if self.later and (not self.ready or self.later[0].number <= self.ready[0].number):
            return self.later[0]
        return self.ready[0] if self.ready else None

    def pop_oldest(self) -> Item:
        if self.later and self.oldest() is self.later[0]:
            return self.later.pop(0)
        item = self.ready.popleft()
        self.ready_bytes -= len(item.text)
        return item

    def add(self, item: Item, now: float) -> None:
        if not self.ready:
            self.since = now
        self.ready.append(item)
        self.ready_bytes += len(item.text)

    def put_back(self, items: Iterable[Item]) -> None:
        """Before the younger ones."""
        self._merge(list(items))

    def wake(self, now: float) -> None:
        """Those whose pause is over may go."""
        if now < self.next_due:
            return
        due = [item for item in self.later if item.due <= now]
        self.later = [item for item in self.later if item.due > now]
        self.next_due = min((item.due for item in self.later), default=float("inf"))
        self._merge(due)

    def set_aside(self, items: Iterable[Item], due: float) -> None:
        """Until that moment of the monotonic clock."""
        for item in items:
            item.due = due
            self.later.append(item)
        self.later.sort(key=_number)
        self.next_due = min(self.next_due, due)

    def take(self, most_events: int, most_bytes: int) -> list[Item]:
        """The oldest ones that go in one request: at least one, all with the same headers."""
        taken: list[Item] = []
        size = 0
        ready = self.ready
        while ready and len(taken) < most_events:
            item = ready[0]
            size += len(item.text)
            if taken and (size > most_bytes or item.headers != taken[0].headers):
                break
            taken.append(ready.popleft())
            self.ready_bytes -= len(item.text)
        return taken

    def _merge(self, older: list[Item]) -> None:
        self.ready_bytes += sum(len(item.text) for item in older)
        self.ready = deque(sorted([*older, *self.ready], key=_number))


def _number(item: Item) -> int:
    return item.number


class Waiting:
    """All lanes under one bound. What is on its way counts too, until it is settled: its bytes are still held."""

    def __init__(self, most_events: int, most_bytes: int) -> None:
        self.most_events = most_events
        self.most_bytes = most_bytes
        self.count = 0
        self.size = 0
        self.lanes: dict[str, Lane] = {}

    def lane(self, name: str) -> Lane:
        lane = self.lanes.get(name)
        if lane is None:
            lane = self.lanes[name] = Lane()
        return lane

    def has_room(self, size: int) -> bool:
        return self.count < self.most_events and self.size + size <= self.most_bytes

    def put(self, lane: str, item: Item, now: float = 0.0) -> list[Drop]:
        """Room is made from the oldest on; an event that is larger than all may be goes itself."""
        size = len(item.text)
        dropped: list[Drop] = []
        if not self.has_room(size):
            if size > self.most_bytes:
                return [Drop(item, "full")]
            dropped = list(self._make_room(size, item.made))
            if not self.has_room(size):
                return [*dropped, Drop(item, "full")]
        self.count += 1
        self.size += size
        self.lane(lane).add(item, now)
        return dropped

    def expire(self, now: float) -> list[Drop]:
        """What is older than a week at the moment `now` in milliseconds."""
        dropped = []
        for lane in self.lanes.values():
            while (oldest := lane.oldest()) is not None and now - oldest.made > WEEK_MS:
                dropped.append(Drop(lane.pop_oldest(), "expired"))
        self.settle(drop.item for drop in dropped)
        return dropped

    def settle(self, items: Iterable[Item]) -> None:
        """They are no longer held."""
        for item in items:
            self.count -= 1
            self.size -= len(item.text)

    def drain(self) -> list[Item]:
        """All that waits, taken out."""
        items = sorted((item for lane in self.lanes.values() for item in (*lane.ready, *lane.later)), key=_number)
        self.lanes.clear()
        self.settle(items)
        return items

    def oldest_number(self) -> float:
        return min((oldest.number for lane in self.lanes.values() if (oldest := lane.oldest())), default=float("inf"))

    def _make_room(self, size: int, now: float) -> Iterator[Drop]:
        yield from self.expire(now)
        while not self.has_room(size):
            lanes = [(oldest.number, lane) for lane in self.lanes.values() if (oldest := lane.oldest()) is not None]
            if not lanes:
                return
            item = min(lanes, key=lambda found: found[0])[1].pop_oldest()
            self.settle((item,))
            yield Drop(item, "full")
