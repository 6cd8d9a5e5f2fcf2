"""Pairs made to cost much are judged or refused, cheaply."""

from __future__ import annotations

import contextlib
import time

import pytest

from registry.compatibility import ComparisonTooLargeError, compare
from tests.registry.compatibility import hostile

PAIRS = hostile.pairs()
BUDGET_SECONDS = 0.05  # CPU; measured at most 0.03


@pytest.mark.parametrize("name", PAIRS)
def test_compare__hostile_pair__judged_or_refused_at_once(name: str) -> None:
    def seconds() -> float:
        before = time.process_time()
        with contextlib.suppress(ComparisonTooLargeError):
            compare(*PAIRS[name])
        return time.process_time() - before

    assert min(seconds() for _ in range(3)) < BUDGET_SECONDS


def test_compare__three_hundred_fields_retyped__not_too_large() -> None:
    names = [f"field_{index}" for index in range(300)]
    old, new = ({"properties": {name: {"type": kind, "maxLength": 9} for name in names}} for kind in ("string", "integer"))

    assert len(compare(old, new, with_opinion=False).breaking) == 300
