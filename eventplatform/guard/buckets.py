"""Token buckets: how many events a second somebody may send, held in memory; bounded in number, whoever sends."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Final

Subject = Hashable

_LOOKED_AT: Final = 16  # old buckets that making a new one may free


class Bucket:
    """Events that may be sent now; refilled at `rate` a second up to what `burst_seconds` give, at least one event.

    `rate` is this process's share of `limit`. `asked` counts what was wanted since it was last told to the other processes,
    refused or not: shares go by it.
    """

    __slots__ = ("asked", "burst_seconds", "limit", "rate", "refilled_at", "subject", "tokens")

    def __init__(self, subject: Subject, limit: float, burst_seconds: float, now: float, share: float = 1.0) -> None:
        self.subject = subject
        self.limit = limit
        self.burst_seconds = burst_seconds
        self.rate = limit * share
        self.tokens = self.capacity
        self.refilled_at = now
        self.asked = 0

    @property
    def capacity(self) -> float:
        """How much may gather while nothing is sent."""
        return max(1.0, self.rate * self.burst_seconds)

    def missing_seconds(self, now: float, cost: float = 1.0) -> float:
        """How long until `cost` is there; 0 where it is."""
        self._refill(now)
        return 0.0 if self.tokens >= cost else (cost - self.tokens) / self.rate if self.rate > 0 else 1.0

    def take(self, cost: float = 1.0) -> None:
        """Use up what `missing_seconds` said is there."""
        self.tokens -= cost

    def set_rate(self, rate: float) -> None:
        """Go on at another rate; what was saved up beyond the new capacity is lost."""
        self.rate = rate
        self.tokens = min(self.tokens, self.capacity)

    def is_full(self, now: float) -> bool:
        """Nothing would be forgotten with it."""
        self._refill(now)
        return self.tokens >= self.capacity

    def _refill(self, now: float) -> None:
        passed = now - self.refilled_at
        if passed > 0:
            self.tokens = min(self.capacity, self.tokens + passed * self.rate)
            self.refilled_at = now


class Buckets:
    """The buckets of one kind of subject: keys, streams or addresses.

    At most `most` of them. Only full ones are forgotten, so nobody gets a fresh one by sending under many names; where none
    is full, newcomers share one until there is room. Each operation is short; threads may race for a token, never for more.
    """

    def __init__(
        self, kind: str, *, clock: Callable[[], float], burst_seconds: float, most: int = 50_000, share: float = 1.0
    ) -> None:
        self.kind = kind
        self.share = share  # of a limit, for a bucket that is new in this process
        self._clock = clock
        self._burst_seconds = burst_seconds
        self._most = most
        self._kept: dict[Subject, Bucket] = {}
        self._crowd: dict[float, Bucket] = {}  # by limit

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Bucket]:
        return iter([*self._kept.values()])

    def find(self, subject: Subject) -> Bucket | None:
        """The bucket of `subject`, where it has one."""
        return self._kept.get(subject)

    def of(self, subject: Subject, limit: float) -> Bucket:
        """The bucket of `subject`; a limit that was changed holds from now on."""
        bucket = self._kept.get(subject)
        if bucket is None:
            return self._new(subject, limit)
        if bucket.limit != limit:
            bucket.set_rate(bucket.rate * limit / bucket.limit)
            bucket.limit = limit
        return bucket

    def _new(self, subject: Subject, limit: float) -> Bucket:
        now = self._clock()
        if len(self._kept) >= self._most and not self._free(now):
            return self._crowd.setdefault(limit, Bucket(None, limit, self._burst_seconds, now, self.share))
        return self._kept.setdefault(subject, Bucket(subject, limit, self._burst_seconds, now, self.share))

    def _free(self, now: float) -> bool:
        """Forget full buckets among the oldest; what isn't full goes to the end of the line."""
        oldest = [*zip(self._kept, range(_LOOKED_AT), strict=False)]
        for subject, _ in oldest:
            bucket = self._kept.pop(subject, None)
            if bucket is not None and not bucket.is_full(now):
                self._kept[subject] = bucket
        return len(self._kept) < self._most
