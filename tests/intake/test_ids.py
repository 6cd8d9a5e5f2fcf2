"""Ids grow, moments agree with themselves."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from intake import ids


def test_new_id__many__strictly_growing_uuid7() -> None:
    made = [ids.new_id() for _ in range(10_000)]

    assert made == sorted(set(made))
    assert {uuid.UUID(text).version for text in made} == {7}


@pytest.mark.parametrize("nanoseconds", [0, 1_767_323_045_678_900_000, 1_767_323_045_000_000_000, 1_767_323_045_999_999_999])
def test_now__text_and_milliseconds__are_the_same_instant(monkeypatch: pytest.MonkeyPatch, nanoseconds: int) -> None:
    monkeypatch.setattr("intake.ids.time.time_ns", lambda: nanoseconds)

    moment = ids.now()

    assert moment.milliseconds == nanoseconds // 1_000_000
    exact = datetime.fromtimestamp(moment.milliseconds // 1000, UTC).replace(microsecond=moment.milliseconds % 1000 * 1000)
    assert datetime.fromisoformat(moment.text) == exact
    assert moment.text.endswith("Z")
