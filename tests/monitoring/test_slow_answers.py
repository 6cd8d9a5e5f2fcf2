"""Whether the intake answers slowly, or with errors of its own."""

from __future__ import annotations

import pytest

from eventplatform.panels import Trouble
from monitoring.slow_answers import judge


def kinds(found: list[Trouble]) -> list[tuple[str, str]]:
    return [(one.kind, one.level) for one in found]


def test_judge__quick_answers__nothing_to_tell() -> None:
    answers = {("lane 201", "0.005"): 990, ("lane 201", "0.5"): 10, ("lane 400", "0.005"): 500}

    assert judge([answers] * 5) == []


def test_judge__one_of_twenty_hangs__is_slow() -> None:
    answers = {("lane 201", "0.005"): 950, ("lane 201", "inf"): 50}

    (found,) = judge([answers] * 5)

    assert found.kind == "intake.slow"
    assert "takes more than" in found.what


def test_judge__a_stumble_of_a_minute_or_two__is_not_slow() -> None:
    quick, slow = {("lane 201", "0.005"): 1000}, {("lane 201", "10"): 1000}

    assert judge([quick, slow, slow, quick, quick]) == []


def test_judge__errors_of_its_own__is_failing() -> None:
    answers = {("lane 201", "0.005"): 950, ("lane 500", "0.005"): 50}

    assert kinds(judge([answers] * 5)) == [("intake.failing", "fail")]


@pytest.mark.parametrize("status", [400, 403, 429, 503, 507])
def test_judge__refused_with_a_reason__is_no_error_of_its_own(status: int) -> None:
    answers = {("lane 201", "0.005"): 500, (f"lane {status}", "0.005"): 500}

    assert judge([answers] * 5) == []


def test_judge__a_handful_of_answers__says_nothing_of_the_intake() -> None:
    assert judge([{("lane 500", "inf"): 3}] * 5) == []
