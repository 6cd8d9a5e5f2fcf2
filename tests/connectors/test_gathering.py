"""How long a connector keeps records back, from its options and its kind's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.gathering import gathers


@pytest.mark.parametrize(
    ("kind", "values", "seconds"),
    [
        ("files", {}, 300),
        ("files", {"flush_age_seconds": 10}, 10),
        ("clickhouse", {"batch_seconds": 2.5}, 2.5),
        ("postgres", {"schema": "events"}, 0),
        ("nowhere", {}, 0),
    ],
)
def test_gathers__each_kind__as_it_says(kind: str, values: dict[str, Any], seconds: float) -> None:
    assert gathers(kind, values) == timedelta(seconds=seconds)
