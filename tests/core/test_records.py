"""Records: a timestamp as a time, whatever a producer wrote there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from eventplatform.core.records import Record


@pytest.mark.parametrize(
    ("timestamp_ms", "expected"),
    [
        (1_796_054_400_250, datetime(2026, 11, 30, 16, 0, 0, 250_000, UTC)),
        (-1, datetime(1970, 1, 1, tzinfo=UTC)),
        (2**63 - 1, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_moment__any_number__the_nearest_time_that_can_be_told(timestamp_ms: int, expected: datetime) -> None:
    assert Record("t", 0, 0, timestamp_ms, None, b"").moment == expected
