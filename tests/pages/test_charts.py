from __future__ import annotations

import pytest

from eventplatform import charts
from eventplatform.charts import Series


@pytest.mark.parametrize(("largest", "top"), [(0, 3.0), (1, 1.5), (2, 3), (4, 6), (8, 9), (9.5, 15), (1234, 1500)])
def test_nice_top__three_round_steps_reach_over_the_largest(largest: float, top: float) -> None:
    assert charts.nice_top(largest) == pytest.approx(top)


def test_area__values__line_from_zero_baseline_and_ticks_with_the_unit_once() -> None:
    picture = charts.area(Series([0, 3, 6]), label="x", unit="/min", x_ticks=["12:00", "now"])

    assert picture.y_ticks == ("6 /min", "4", "2", "0")
    assert picture.grid == ("0", "33.3", "66.7")
    assert [shape.path for shape in picture.shapes] == ["M0,100 0,100 360,50 720,0 720,100z", "M0,100 360,50 720,0"]


def test_area__gap__breaks_the_line_and_is_never_zero() -> None:
    picture = charts.area(Series([1, None, 1, 1]), label="x", unit="", x_ticks=[])

    assert picture.shapes[1].path == "M0,33.3 120,33.3M480,33.3 720,33.3"


def test_area__nothing__keeps_the_axes() -> None:
    picture = charts.area(Series([]), label="x", unit="/min", x_ticks=["now"])

    assert picture.y_ticks == ("3 /min", "2", "1", "0")
    assert picture.shapes[1].path == ""


def test_bars__two_series__stack_on_each_other() -> None:
    picture = charts.bars([Series([1, 0], "c3"), Series([2, 3], "c4")], label="x", unit="", x_ticks=[])

    assert [shape.css for shape in picture.shapes] == ["bar c3", "bar c4"]
    assert picture.shapes[0].path == "M50.4,66.7h259.2v33.3h-259.2z"
    assert picture.shapes[1].path == "M50.4,0h259.2v66.7h-259.2zM410.4,0h259.2v100h-259.2z"


def test_area__millions__scale_is_in_the_top_tick() -> None:
    picture = charts.area(Series([55e6]), label="x", unit="/day", x_ticks=[])

    assert picture.y_ticks == ("60 M/day", "40", "20", "0")


def test_spark__flat_zero__lies_on_the_ground() -> None:
    assert charts.spark([0, 0]).line == "M0,23.5 96,23.5"
