from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitoring.trace.asking import QuestionError, ask

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
OF_TIME = "c232ab00-9414-11ec-b3c8-9f6bdeced846"  # 2022-02-22 19:22:22
AT = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def window(text: str = "x", by: Any = "id", **facts: Any) -> tuple[datetime, datetime, datetime]:
    found = ask(by, text, now=NOW, **facts).window
    return found.begin, datetime.fromtimestamp(found.anchor_ms / 1000, UTC), found.end


def test_window__id_without_time__last_24_hours_newest_first() -> None:
    assert window() == (NOW - timedelta(hours=24), NOW, NOW)


def test_window__id_of_time__five_minutes_around_it_nearest_first() -> None:
    assert window(OF_TIME) == (AT - 5 * MINUTE, AT - timedelta(seconds=2), AT + 5 * MINUTE)


def test_window__id_of_time_and_a_range__that_around_it() -> None:
    assert window(OF_TIME, span="24h") == (AT - timedelta(hours=12), AT - timedelta(seconds=2), AT + timedelta(hours=12))


def test_window__time_of_a_person__before_the_ids() -> None:
    assert window(OF_TIME, around=NOW - 60 * MINUTE)[2] == NOW - 55 * MINUTE


def test_window__key_that_looks_like_an_id__tells_no_time() -> None:
    assert window(OF_TIME, by="key")[2] == NOW


def test_window__id_of_just_now__ends_now() -> None:
    assert window(around=NOW - MINUTE)[2] == NOW


@pytest.mark.parametrize(
    ("since", "until", "begin", "end"),
    [
        (NOW - 30 * MINUTE, None, NOW - 30 * MINUTE, NOW),
        (None, NOW - 30 * MINUTE, NOW - timedelta(hours=24) - 30 * MINUTE, NOW - 30 * MINUTE),
        (AT, AT + MINUTE, AT, AT + MINUTE),
    ],
)
def test_window__given_bounds__are_kept(since: Any, until: Any, begin: datetime, end: datetime) -> None:
    assert window(since=since, until=until) == (begin, end, end)


def test_window__bounds_around_the_ids_time__begins_there() -> None:
    assert window(OF_TIME, since=AT - MINUTE, until=AT + MINUTE)[1] == AT


@pytest.mark.parametrize("text", ["", "   ", "x" * 1001, "event\0one"])
def test_question__nothing_too_much_or_what_no_id_holds__refused(text: str) -> None:
    with pytest.raises(QuestionError):
        ask("id", text, now=NOW)


def test_question__window_that_ends_before_it_begins__refused() -> None:
    with pytest.raises(QuestionError, match="ends before"):
        ask("id", "x", now=NOW, since=NOW, until=NOW - MINUTE)
