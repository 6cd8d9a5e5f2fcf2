"""Rows as delimited text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mapping.columns import ColumnType
from connectors.mapping.delimited import NOTHING, TEXTS, line, moment
from connectors.mapping.values import PYTHON, MisfitError

FIELDS = st.lists(st.none() | st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])), min_size=1)


def read(text: str) -> list[str | None]:
    """As both stores read a line."""
    fields: list[str | None] = []
    for field in text.split("\t"):
        plain = field.replace("\\\\", "\0").replace("\\t", "\t").replace("\\n", "\n").replace("\\r", "\r").replace("\0", "\\")
        fields.append(None if field == r"\N" else plain)
    return fields


@given(FIELDS)
def test_line__any_text__read_back_the_same(fields: list[str | None]) -> None:
    written = line([NOTHING if field is None else field for field in fields])

    assert "\n" not in written
    assert "\r" not in written
    assert read(written) == fields


@pytest.mark.parametrize(
    "fields", [[r"\N"], [None], [""], ["a\tb"], ["\\"], ["\\t"], ["a\r\nb", None], ["\t", None, r"\N"], ["\\\t"]]
)
def test_line__what_looks_like_its_own_signs__read_back_the_same(fields: list[str | None]) -> None:
    assert read(line([NOTHING if field is None else field for field in fields])) == fields


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05"),
        ("2026-01-02T03:04:05.123Z", "2026-01-02T03:04:05.123"),
        ("2026-01-31t03:04:05z", "2026-01-31T03:04:05"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05"),
        ("2024-02-29T03:04:05.123456789Z", "2024-02-29T03:04:05.123456"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00"),
        ("20260102T030405Z", "2026-01-02T03:04:05"),
    ],
)
def test_texts__times__utc_as_both_stores_read_them(value: str, text: str) -> None:
    assert TEXTS[ColumnType.TIME](value) == text


@pytest.mark.parametrize("value", ["2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:01:00Z", "", "Z", 5, []])
def test_texts__impossible_times__misfit(value: Any) -> None:
    with pytest.raises(MisfitError):
        TEXTS[ColumnType.TIME](value)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (ColumnType.INTEGER, -(2**63), "-9223372036854775808"),
        (ColumnType.INTEGER, 3.0, "3"),
        (ColumnType.NUMBER, 1, "1.0"),
        (ColumnType.NUMBER, 1e300, "1e+300"),
        (ColumnType.BOOLEAN, True, "1"),
        (ColumnType.JSON, {"a": ["\t"]}, '{"a":["\\t"]}'),
    ],
)
def test_texts__values__as_text(kind: ColumnType, value: Any, text: str) -> None:
    assert TEXTS[kind](value) == text


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ColumnType.INTEGER, 2**63),
        (ColumnType.INTEGER, True),
        (ColumnType.INTEGER, "1"),
        (ColumnType.INTEGER, 1.5),
        (ColumnType.NUMBER, float("inf")),
        (ColumnType.NUMBER, float("nan")),
        (ColumnType.BOOLEAN, 1),
        (ColumnType.TEXT, "a\0b"),
        (ColumnType.TEXT, 1),
        (ColumnType.JSON, ["a\0b"]),
    ],
)
def test_texts__what_fits_no_column__misfit_as_in_python(kind: ColumnType, value: Any) -> None:
    with pytest.raises(MisfitError) as caught:
        TEXTS[kind](value)

    if str(caught.value) != "not_finite":
        with pytest.raises(MisfitError, match=str(caught.value)):
            PYTHON[kind](value)


def test_moment__no_time_at_all__none() -> None:
    assert moment(10**18) == NOTHING
    assert moment(1) == "1970-01-01T00:00:00.001"
