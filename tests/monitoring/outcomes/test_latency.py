"""Times out of buckets."""

from __future__ import annotations

import math

import pytest

from monitoring.outcomes.latency import by_status, quantile

BUCKETS = {0.005: 50, 0.01: 40, 0.025: 10, math.inf: 0}


@pytest.mark.parametrize(("share", "seconds"), [(0.25, 0.0025), (0.5, 0.005), (0.7, 0.0075), (0.99, 0.0235), (1, 0.025)])
def test_quantile__within_a_bucket__evenly_spread(share: float, seconds: float) -> None:
    assert quantile(BUCKETS, share) == pytest.approx(seconds)


def test_by_status__both_doors__one_line_for_each_status() -> None:
    counts = {("lane 201", "0.005"): 98, ("drf 201", "0.01"): 1, ("drf 201", "+Inf"): 1, ("lane 400", "0.005"): 0}

    [only] = by_status(counts)

    assert (only.status, only.requests, only.median, only.p99) == ("201", 100, "2.6 ms", "10 ms")


def test_by_status__slower_than_the_last_bound__says_more_than_it() -> None:
    [only] = by_status({("lane 503", "+Inf"): 3, ("lane 503", "10.0"): 0})

    assert only.median == "> 10 s"
