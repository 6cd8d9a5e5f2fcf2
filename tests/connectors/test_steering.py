"""A stream's settings steer how its connectors batch and how long their stores keep."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.steering import Steering, steering
from eventplatform.broker.loop import FlushRule
from eventplatform.core.streams import Stream


@pytest.mark.parametrize(
    ("consumers", "expected"),
    [
        ({}, Steering()),
        ({"warehouse": {"retention_days": 90, "batch_rows": 10}}, Steering(90, 10)),
        ({"events_db": {"retention_days": 7}}, Steering(7)),
        ({"warehouse": {"retention_days": 90}, "events_db": {"retention_days": 7, "batch_rows": 5}}, Steering(90, 5)),
        ({"warehouse": {"retention_days": True, "batch_rows": 0}}, Steering()),
        ({"other": {"retention_days": 1}}, Steering()),
    ],
)
def test_steering__consumers__the_connectors_own_name_counts_first(consumers: Any, expected: Steering) -> None:
    stream = Stream("s", "t", "main", (), consumers=consumers)

    assert steering(stream, ("warehouse", "events_db")) == expected


def test_steering__privacy_with_an_unknown_action__not_kept_in_clear() -> None:
    stream = Stream("s", "t", "main", (), consumers={"warehouse": {"privacy": {"name": "dorp", "id": "hash"}}})

    assert dict(steering(stream, ("warehouse",)).privacy) == {"name": "drop", "id": "hash"}


def test_flush_rule__batch_rows__bytes_and_age_stay() -> None:
    rule = FlushRule(1000, 5, 2.0)

    assert Steering(batch_rows=3).flush_rule(rule) == FlushRule(3, 5, 2.0)
    assert Steering().flush_rule(rule) is rule
