"""A rejected event line by line, with what is wrong at its place."""

from __future__ import annotations

from eventplatform.core.pointers import pointer_of
from eventplatform.core.schemas import Violation
from monitoring.rejected.samples import lines_of_event
from tests.guard.costs import cost_of


def test_lines_of_event__wrong_below_a_long_name__marked_there() -> None:
    name = "n" * 10_000
    wrong = Violation(pointer_of((name,)), "type", "must be text")

    lines = lines_of_event({"a": 1, name: 2}, [wrong])

    assert [bool(line.why) for line in lines] == [False, False, True, False]


def test_lines_of_event__many_values_below_a_long_name__cheap_and_cut() -> None:
    cost = cost_of(lambda: len(lines_of_event({"n" * 500_000: [0] * 100_000}, ())))

    assert cost.end == "400"
    assert (cost.megabytes < 20, cost.seconds < 1) == (True, True), cost
