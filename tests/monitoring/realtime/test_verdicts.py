from __future__ import annotations

from typing import Any

import pytest

from monitoring.realtime.verdicts import Rule, judge, state

ROW = ["page.view", 0, 7, "2026-11-26", "Ada Lovelace"]
COLUMNS = ["_topic", "_partition", "_offset", "_timestamp", "name"]


@pytest.mark.parametrize(
    ("expects", "rows", "kind"),
    [("no_rows", [], "met"), ("no_rows", [ROW], "broken"), ("rows", [], "broken"), ("rows", [ROW], "met")],
)
def test_judge__rows__met_or_broken(expects: str, rows: list[Any], kind: str) -> None:
    assert judge(Rule(expects), COLUMNS, rows).kind == kind


@pytest.mark.parametrize(
    ("value", "kind"),
    [(5, "met"), (1, "met"), (10.0, "met"), (0.5, "broken"), (11, "broken"), ("7", "met"), (None, "unanswered"),
     ("many", "unanswered"), (True, "unanswered"), ("nan", "unanswered"), ([1], "unanswered")],
)  # fmt: skip
def test_judge__number__within_bounds_or_not(value: Any, kind: str) -> None:
    assert judge(Rule("number", 1, 10), ["n"], [[value]]).kind == kind


@pytest.mark.parametrize(("low", "high"), [(None, 3), (8, None)])
def test_judge__number_with_one_bound__broken_beyond_it(low: float | None, high: float | None) -> None:
    assert judge(Rule("number", low, high), ["n"], [[5]]).kind == "broken"


@pytest.mark.parametrize(
    ("expects", "rows", "kind"),
    [("no_rows", [], "incomplete"), ("no_rows", [ROW], "incomplete"), ("rows", [], "incomplete"), ("rows", [ROW], "met"),
     ("number", [[5]], "incomplete")],
)  # fmt: skip
def test_judge__older_records_left_out__never_broken(expects: str, rows: list[Any], kind: str) -> None:
    columns = COLUMNS if rows == [ROW] else ["n"]

    assert judge(Rule(expects, 6, 7), columns, rows, is_complete=False).kind == kind


def test_judge__rows_that_should_not_be__keeps_where_they_lie_and_nothing_else() -> None:
    verdict = judge(Rule("no_rows"), [*COLUMNS, "id"], [[*ROW, "ada@example.org"], [*ROW, "4f1c-77"]])

    place = {"_topic": "page.view", "_partition": 0, "_offset": 7}
    assert verdict.samples == (place, {**place, "id": "4f1c-77"})
    assert verdict.detail == "2 rows."


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([], "new"),
        (["met"], "met"),
        (["broken"], "new"),
        (["broken", "met"], "met"),
        (["broken", "broken"], "broken"),
        (["broken", "met", "broken"], "broken"),
        (["met", "broken", "met", "broken"], "met"),
        (["incomplete", "broken", "incomplete", "broken"], "broken"),
        (["incomplete", "incomplete"], "new"),
        (["unanswered", "unanswered", "met"], "unanswered"),
        (["unanswered", "met"], "met"),
        (["unanswered", "broken", "broken"], "broken"),
    ],
)
def test_state__two_of_the_last_three(kinds: list[str], expected: str) -> None:
    assert state(kinds, broken_after=2, of_last=3) == expected
