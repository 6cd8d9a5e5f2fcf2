"""How long answers took, out of a histogram's buckets."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from eventplatform import figures

Buckets = Mapping[float, int]  # upper bound in seconds → answers that fell in it, and in none below


@dataclass(frozen=True, slots=True)
class Latency:
    """The answers of one status."""

    status: str
    requests: int
    median: str
    p99: str


def by_status(counts: Mapping[tuple[str, str], int]) -> list[Latency]:
    """By status, of both doors together; `counts` are by `door status` and bucket."""
    found: dict[str, dict[float, int]] = defaultdict(lambda: defaultdict(int))
    for (name, bound), count in counts.items():
        found[name.rpartition(" ")[2]][float(bound)] += count
    return [
        Latency(status, sum(buckets.values()), words(buckets, 0.5), words(buckets, 0.99))
        for status, buckets in sorted(found.items())
        if any(buckets.values())
    ]


def quantile(buckets: Buckets, share: float) -> float:
    """The time within which that share was answered, evenly spread within its bucket as Prometheus has it; else infinite."""
    wanted, below, lower = share * sum(buckets.values()), 0, 0.0
    for bound, count in sorted(buckets.items()):
        if count and below + count >= wanted:
            return bound if math.isinf(bound) else lower + (bound - lower) * (wanted - below) / count
        below += count
        lower = bound
    return math.nan


def words(buckets: Buckets, share: float) -> str:
    """The same in words."""
    seconds = quantile(buckets, share)
    if math.isinf(seconds):
        return f"> {figures.age(max((bound for bound in buckets if not math.isinf(bound)), default=0))}"
    return f"{figures.digits(seconds * 1000)} ms" if seconds < 1 else figures.age(seconds)
