"""Dates as clients write them: read as `Date.parse` reads them where nothing is left to guess, else refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from eventplatform.core import dates


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11", "2026-11-01T00:00"),
        ("2026-11-26", "2026-11-26T00:00"),
        ("2026-11-26 09:00:00.25", "2026-11-26T09:00:00.250000"),
        ("2026-11-26T09:00:00+01:00", "2026-11-26T08:00"),
        ("2026-11-26T09:00:00 01:00", "2026-11-26T08:00"),
        ("2026/11/26", "2026-11-26T00:00"),
        ("2026-1-5", "2026-01-05T00:00"),
        ("11/26/2026 3:04 PM", "2026-11-26T15:04"),
        ("11/26/2026 12:04 am", "2026-11-26T00:04"),
        ("26 November 2026", "2026-11-26T00:00"),
        ("Nov 26, 2026", "2026-11-26T00:00"),
        ("November 26, 2026 10:00 UTC", "2026-11-26T10:00"),
        ("Nov 26 2026 10:00:05 PST", "2026-11-26T18:00:05"),
        ("Thu, 26 Nov 2026 09:00:00 GMT", "2026-11-26T09:00"),
        ("Thu, 26 Nov 2026 09:00:00 -0530", "2026-11-26T14:30"),
        ("Thu Nov 26 2026 09:00:00 GMT+0100 (Central European Standard Time)", "2026-11-26T08:00"),
        ("Thu Nov 26 2026 09:00:00 GMT 0100", "2026-11-26T08:00"),
    ],
)
def test_read__a_date__as_javascript_does(text: str, moment: str) -> None:
    found = dates.read(text)

    assert found == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "Nov 2026", "26 Nov", "Nov 31, 2026", "26 27 Nov 2026", "2026-13-01", "1/2/26", "Nov 26 2026 ("),
        *("Nov 26 2026 25:00", "Nov 26 2026 9:00 XYZ", "Nov " * 200, "26 Nov 2026 23:00 -9900", "\u0662\u0666 Nov 2026"),
    ],
)
def test_read__no_date__none(text: str) -> None:
    assert dates.read(text) is None
