"""A process that doesn't follow the configuration any more is yellow, with its age."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from monitoring import health, services, volumes
from monitoring.posting import Intake
from tests.monitoring.world import World

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def states() -> dict[str, tuple[str, str]]:
    return {part.name: (part.state, part.detail) for part in health.parts()}


def test_web__configuration_not_confirmed__yellow_but_ready(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitoring.health.age_seconds", lambda: 45.0)

    answer = client.get("/readyz")

    assert states()["Configuration"] == ("warn", "revision 7, read 45 s ago")
    assert (answer.status_code, answer.json()["configuration"]["state"]) == (200, "late")
    assert any(trouble.what == "Configuration: revision 7, read 45 s ago" for trouble in health.troubles())


def test_intake__a_process_is_stuck__yellow_with_its_age(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = datetime.now(UTC).timestamp() - 45
    scrape = f"# TYPE eventplatform_snapshot_confirmed_timestamp_seconds gauge\n{_NAME} {stuck}\n"

    with Intake("http://intake.test") as intake:
        monkeypatch.setattr(intake, "text", lambda _path: scrape)
        assert volumes.sample_intake(intake)

    assert states()["Intake"] == ("warn", "a process has a configuration that is 45 s old")
    assert [trouble.level for trouble in health.troubles() if trouble.what.startswith("Intake")] == ["warn"]


def test_intake__follows_again__green(world: World) -> None:
    services.beat(role="intake", now=datetime.now(UTC), detail="a process has a configuration that is 45 s old")
    services.beat(role="intake", now=datetime.now(UTC))

    assert states()["Intake"][0] == "ok"


_NAME = "eventplatform_snapshot_confirmed_timestamp_seconds"
