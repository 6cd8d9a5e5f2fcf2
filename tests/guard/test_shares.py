"""A process's part of a limit."""

from __future__ import annotations

import pytest

from eventplatform.guard.shares import rate_of


@pytest.mark.parametrize("asked", [(5, 5), (90, 5), (500, 500), (900, 100), (1000, 0), (0, 0), (60, 40)])
def test_rate_of__all_processes__add_up_to_the_limit(asked: tuple[int, int]) -> None:
    rates = [rate_of(100, own=own, total=sum(asked), processes=2) for own in asked]

    assert 100 <= sum(rates) <= 105.0001


def test_rate_of__all_fits__each_has_more_than_it_is_asked_for() -> None:
    assert rate_of(100, own=30, total=40, processes=2) == 60
    assert rate_of(100, own=10, total=40, processes=2) == 40


def test_rate_of__too_much__parts_by_what_is_asked() -> None:
    assert rate_of(100, own=900, total=1000, processes=2) == pytest.approx(90)
