"""Limits of one request: the buckets and quotas that each of its events is taken from, all of them or none."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from eventplatform.guard.buckets import Bucket, Buckets
from eventplatform.guard.permits import LimitedError
from eventplatform.guard.quotas import Quota, Quotas


@dataclass(frozen=True, slots=True)
class Allowance:
    """A limit that applies: how going beyond it is told, whose it is, and the bucket or the quota behind it."""

    error: type[LimitedError]
    subject: str
    bucket: Bucket | None = None
    quota: Quota | None = None


class Rates:
    """All buckets and quotas of the process. Clocks are given: `monotonic` for buckets, `wall` for days."""

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        burst_seconds: float = 2.0,
        most_addresses: int = 50_000,
    ) -> None:
        self.monotonic = monotonic
        self.keys = Buckets("key", clock=monotonic, burst_seconds=burst_seconds)
        self.streams = Buckets("stream", clock=monotonic, burst_seconds=burst_seconds)
        self.addresses = Buckets("address", clock=monotonic, burst_seconds=burst_seconds, most=most_addresses)
        self.quotas = Quotas(wall)

    @property
    def buckets(self) -> tuple[Buckets, ...]:
        """Every kind."""
        return (self.keys, self.streams, self.addresses)

    def per_second(self, kind: Buckets, subject: Hashable, limit: float, error: type[LimitedError], words: str) -> Allowance:
        """`limit` events a second."""
        return Allowance(error, words, bucket=kind.of(subject, limit))

    def per_day(self, subject: Hashable, limit: int, error: type[LimitedError], words: str) -> Allowance:
        """`limit` events a day."""
        return Allowance(error, words, quota=self.quotas.of(subject, limit))

    def take(self, allowances: tuple[Allowance, ...]) -> None:
        """Take one event from each; where one has none left, from none of them.

        Raises:
            LimitedError: names that limit, and when there is room again.
        """
        now = self.monotonic()
        for allowance in allowances:
            self._check(allowance, now)
        for allowance in allowances:
            if allowance.bucket is not None:
                allowance.bucket.take()
            if allowance.quota is not None:
                allowance.quota.take()

    def _check(self, allowance: Allowance, now: float) -> None:
        bucket, quota = allowance.bucket, allowance.quota
        if bucket is not None:
            bucket.asked += 1
            seconds = bucket.missing_seconds(now)
            if seconds:
                limit = f"{bucket.limit:g} events a second"
                raise allowance.error(subject=allowance.subject, limit=limit, seconds=seconds)
        if quota is not None and quota.is_used_up:
            limit = f"{quota.limit} events a day (UTC)"
            raise allowance.error(subject=allowance.subject, limit=limit, seconds=self.quotas.seconds_left())
