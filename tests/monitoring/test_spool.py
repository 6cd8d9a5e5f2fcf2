"""What monitoring makes of the spool in the intake's metrics."""

from __future__ import annotations

import pytest
from django.utils import timezone

from monitoring import health, services, spool

_METRICS = """
# HELP eventplatform_spool_state State.
# TYPE eventplatform_spool_state gauge
eventplatform_spool_state {state}
# HELP eventplatform_spool_records Records.
# TYPE eventplatform_spool_records gauge
eventplatform_spool_records {records}
# HELP eventplatform_spool_oldest_timestamp_seconds Oldest.
# TYPE eventplatform_spool_oldest_timestamp_seconds gauge
eventplatform_spool_oldest_timestamp_seconds 1000.0
"""


@pytest.mark.parametrize(
    ("state", "records", "is_well", "words"),
    [
        (0, 0, True, ""),
        (1, 1, True, "holds 1 event, the oldest for 3 min"),
        (2, 1234, True, "holds 1,234 events, the oldest for 3 min"),
        (3, 7, False, "nearly full, holds 7 events, the oldest for 3 min"),
        (4, 0, False, "full, so events are answered 507"),
        (5, 0, False, "can't be used, so events are answered 503 while the log is away"),
    ],
)
def test_seen__in_a_scrape__says_how_it_is(state: int, records: int, is_well: bool, words: str) -> None:  # noqa: FBT001  # a case
    found = spool.seen(_METRICS.format(state=state, records=records))

    assert found
    assert found.is_well is is_well
    assert found.words(now=1180) == words


def test_seen__intake_without_a_spool__is_none() -> None:
    assert spool.seen("# TYPE eventplatform_other gauge\neventplatform_other 1\n") is None


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize(("is_well", "level"), [(True, "warn"), (False, "fail")])
def test_troubles__events_wait__one_line_says_how_many(is_well: bool, level: str) -> None:  # noqa: FBT001  # a case
    services.beat(role="spool", now=timezone.now(), is_well=is_well, detail="holds 12 events, the oldest for 3 min")

    found = [trouble for trouble in health.troubles() if "12 events" in trouble.what]

    assert [trouble.level for trouble in found] == [level]
    assert [part.state for part in health.parts() if part.name == "Spool"] == [level]
