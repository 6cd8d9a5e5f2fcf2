"""The older scheme of experiments: a user's hash chooses the bucket and says whether they take part (§3)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple


class Assignment(NamedTuple):
    bucket: str
    is_sampled: bool


def user_hash(user_id: str | int, experiment: str) -> float:
    """From 0 to below 1, the same for a user as long as the experiment has its name."""
    digest = hashlib.sha256(f"{user_id}{experiment}".encode()).hexdigest()
    return int(digest[:6], 16) / 2**24


def assign(user_id: str | int, experiment: str, *, buckets: Sequence[str], rate: float) -> Assignment:
    scaled = user_hash(user_id, experiment) * len(buckets)
    index = int(scaled)
    return Assignment(buckets[index], scaled - index < rate)
