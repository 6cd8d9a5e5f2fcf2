"""Which of the waiting slices run next: threads are shared evenly among targets, and a troubled one gets few of them."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Room:
    """How many threads the workers have, and how many slices of each target are at work or asked for.

    `active` targets had something to do of late.
    """

    threads: int
    busy: Mapping[int, int]
    active: int = 1
    probing: frozenset[int] = frozenset()  # targets whose breaker lets one slice try
    troubled: frozenset[int] = frozenset()  # targets that failed or were slow of late

    @property
    def free(self) -> int:
        """How many slices may be asked for. Some more than threads are free, so that none idles until the next look."""
        return max(0, self.threads + max(1, self.threads // 2) - sum(self.busy.values()))

    def bound(self, target: int) -> int:
        """Most slices of a target at once: its even share, so that one that begins to drag holds no more than that.

        A single one leaves a quarter of the threads to those that come later.
        """
        if target in self.probing:
            return 1
        if target in self.troubled:
            return max(1, self.threads // max(4, self.active))
        share = -(-self.threads // max(1, self.active))
        return max(1, min(share, self.threads - self.threads // 4))


def chosen(waiting: Sequence[tuple[int, T]], room: Room) -> list[T]:
    """The slices to ask for, of those that wait (each with its target), the longest waiting first.

    The target with the fewest slices at work comes first; among its own, whoever waits longest.
    """
    queues: dict[int, list[T]] = defaultdict(list)
    for target, one in waiting:
        queues[target].append(one)
    heap = [(room.busy.get(target, 0), order, target) for order, target in enumerate(queues)]
    heapq.heapify(heap)
    found: list[T] = []
    while heap and len(found) < room.free:
        busy, order, target = heapq.heappop(heap)
        if busy >= room.bound(target):
            continue
        queue = queues[target]
        found.append(queue.pop(0))
        if queue:
            heapq.heappush(heap, (busy + 1, order, target))
    return found
