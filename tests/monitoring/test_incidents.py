"""Incidents of the reference that nobody saw in time: what each would have turned red here, and how soon.

T398187 and T329064 (producers that fell silent) stand in `traffic/test_incidents.py`, T337055 (a hung canary producer) in
`test_canary_producing.py`, T330236 (idle hours that were never complete) in `hours/`, T373192 (a readiness that took all of the
service away with Kafka) in `tests/intake/test_readiness.py`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from eventplatform import panels
from monitoring import services, slow_answers, stages
from monitoring.canary_troubles import troubles

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
INTERVAL = timedelta(minutes=5)


def kinds(found: list[panels.Trouble]) -> list[tuple[str, str]]:
    return [(one.kind, one.level) for one in found]


def test_t326002__a_truncated_configuration_drops_streams__the_next_canary_to_one_of_them_is_red() -> None:
    refused = stages.Sent(
        NOW - timedelta(seconds=1), 0.01, 400, False, "No stream of that name is configured.", "stream.unknown"
    )

    path = stages.Path("dropped", "main", stages.judge(stages.Evidence(sent=refused), (), now=NOW, interval=INTERVAL))
    (found,) = troubles([path], told=())

    assert (found.kind, found.level) == ("canary.intake", "fail")
    assert "No stream of that name is configured" in found.why


def test_2019_03_13__one_of_twenty_requests_hangs_for_a_minute__the_answers_of_five_minutes_are_red() -> None:
    answers = {("lane 201", "0.005"): 950, ("lane 201", "inf"): 50}

    assert kinds(slow_answers.judge([answers] * 3)) == [("intake.slow", "warn")]


@pytest.mark.slow
@pytest.mark.django_db
def test_2021_11_25__the_intake_is_away_for_three_minutes__red_at_the_next_look() -> None:
    services.beat(role="intake", now=timezone.now(), is_well=False, detail="http://127.0.0.1:8001 does not answer")
    services.beat(role="worker", now=timezone.now())

    found = [one for one in panels.troubles() if one.kind == "part.intake"]

    assert kinds(found) == [("part.intake", "fail")]
