from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
import uuid_utils

from monitoring.trace.ids import moment_of

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("019a9d4f-3c80-7def-8abc-0123456789ab", "2025-11-19T18:10:07.104"),  # version 7
        ("019A9D4F3C807DEF8ABC0123456789AB", "2025-11-19T18:10:07.104"),
        ("c232ab00-9414-11ec-b3c8-9f6bdeced846", "2022-02-22T19:22:22.000"),  # version 1 of RFC 9562
        ("1ec9414c-232a-6b00-b3c8-9f6bdeced846", "2022-02-22T19:22:22.000"),  # version 6, likewise
        ("017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "2022-02-22T19:22:22.000"),  # version 7, likewise
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "2016-07-30T23:54:10.259"),  # the ULID of its specification
        ("01arz3ndektsv4rrffq69g5fav", "2016-07-30T23:54:10.259"),
    ],
)
def test_moment__id_made_of_time__is_told(text: str, moment: str) -> None:
    assert moment_of(text, now=NOW) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "enwiki/1093",
        "2f3c6a5e-8f41-4f0f-9d53-6b1f0d9a7c21",  # version 4
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "01ffffff-ffff-7fff-bfff-ffffffffffff",  # of the year 2039
        "00000000-0000-7000-8000-000000000000",  # of 1970
        "0000000000ZZZZZZZZZZZZZZZZ",  # likewise
        "81ARZ3NDEKTSV4RRFFQ69G5FAV",  # larger than any ULID
        "a request id of 36 characters, as is",
        "abcdefghijklmnopqrstuvwxyz",
    ],
)
def test_moment__anything_else__is_none(text: str) -> None:
    assert moment_of(text, now=NOW) is None


def test_moment__made_now_by_either_library__is_now() -> None:
    now = datetime.now(UTC)

    for text in (str(uuid_utils.uuid7()), str(uuid.uuid1()), str(uuid_utils.uuid6())):
        found = moment_of(text, now=now)
        assert found is not None
        assert abs((found - now).total_seconds()) < 5
