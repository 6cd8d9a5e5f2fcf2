from __future__ import annotations

from typing import Any

import pytest

from monitoring.realtime.charting import draw

TIMES = [f"2026-11-26 09:0{minute}:00.000" for minute in range(5)]
AT, EVENTS = ("at", "TIMESTAMP"), ("events", "BIGINT")


def test_draw__time_and_number__lines() -> None:
    drawing = draw([AT, EVENTS], [[time, 3] for time in TIMES])

    assert drawing is not None
    assert (drawing.kind, drawing.legend) == ("lines", (("", "events"),))
    assert drawing.chart.x_ticks[0] == "09:00:00"


def test_draw__missing_minute__is_a_gap() -> None:
    drawing = draw([AT, EVENTS], [[time, 3] for time in TIMES if "09:02" not in time])

    assert drawing is not None
    assert drawing.chart.shapes[-1].path.count("M") == 2


def test_draw__newest_first__drawn_oldest_first() -> None:
    forward = draw([AT, EVENTS], [[time, number] for number, time in enumerate(TIMES)])
    backward = draw([AT, EVENTS], [[time, number] for number, time in reversed(list(enumerate(TIMES)))])

    assert forward == backward


def test_draw__time_name_and_number__a_line_for_each_name() -> None:
    drawing = draw([AT, ("wiki", "VARCHAR"), EVENTS], [[time, wiki, 3] for time in TIMES for wiki in "ab"])

    assert drawing is not None
    assert [name for _, name in drawing.legend] == ["a", "b"]


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("first", [AT, ("wiki", "VARCHAR")])
def test_draw__value_that_is_not_finite__is_a_gap(first: tuple[str, str], value: str) -> None:
    rows = [[time, number] for number, time in enumerate(TIMES)]

    assert draw([first, ("ratio", "DOUBLE")], [*rows[:-1], [TIMES[-1], value]]) == draw(
        [first, ("ratio", "DOUBLE")], [*rows[:-1], [TIMES[-1], None]]
    )


def test_draw__names_and_numbers__bars() -> None:
    drawing = draw([("wiki", "VARCHAR"), EVENTS], [["a", 3], ["b", 5]])

    assert drawing is not None
    assert (drawing.kind, drawing.chart.x_ticks) == ("bars", ("a", "b"))


@pytest.mark.parametrize(
    ("columns", "rows", "kind"),
    [
        ([AT, EVENTS], [[TIMES[0], 3]], "auto"),
        ([AT, EVENTS], [[time, 3] for time in TIMES], "none"),
        ([AT, ("_offset", "BIGINT")], [[time, 3] for time in TIMES], "auto"),
        ([AT, ("user_id", "BIGINT")], [[time, 3] for time in TIMES], "auto"),
        ([AT, EVENTS], [[time, -3] for time in TIMES], "auto"),
        ([AT, EVENTS], [[None, 3], [None, 4]], "auto"),
        ([EVENTS], [[3], [4]], "auto"),
        ([("a", "VARCHAR"), ("b", "VARCHAR")], [["a", "b"]] * 3, "auto"),
        ([("wiki", "VARCHAR"), EVENTS], [["a", 3]] * 100, "auto"),
    ],
)
def test_draw__nothing_to_draw__none(columns: list[tuple[str, str]], rows: list[list[Any]], kind: str) -> None:
    assert draw(columns, rows, kind) is None
