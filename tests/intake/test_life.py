"""The real intake process without its database, with it, and over a change of configuration."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_django import Settings

from eventplatform import env, eventlog
from eventplatform.embedded.postgres import Postgres
from registry import services as registry
from tests import configuring
from tests.intake.serving import serving

pytestmark = pytest.mark.slow
EVENT = {"$schema": "/sample/test_event/1.0.0", "meta": {"stream": "life.event"}, "test": "hello"}


def wait_for(condition: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found
    return found


def client(port: int) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False)


def publish(is_enabled: bool = True) -> None:  # noqa: FBT001, FBT002  # reads well enough
    document = {"schema_title": "sample/test_event", "destination_event_service": "main", "is_enabled": is_enabled}
    configuring.configure({"streams": {"life.event": document}}, author="test", reason="life")


@pytest.fixture
def configured(child_environment: dict[str, str], settings: Settings) -> Iterator[dict[str, str]]:
    settings.EVENT_LOG_URL = child_environment["EVENT_LOG_URL"]
    registry.import_folder(name="primary", folder=env.ROOT / "examples/schemas/primary")
    publish()
    yield child_environment
    eventlog.event_log().close()
    eventlog._opened = None  # the next test opens its own


def test_intake__published_change__obeyed_within_two_seconds(configured: dict[str, str]) -> None:
    with serving("eventplatform.asgi:application", "asgi", configured) as port, client(port) as intake:
        assert intake.post("/v1/events", json=EVENT).status_code == 201

        publish(is_enabled=False)
        published = time.monotonic()
        wait_for(lambda: intake.post("/v1/events", json=EVENT).status_code == 400, seconds=10)

        assert time.monotonic() - published < 2
        ready = intake.get("/readyz").json()
        assert ready["status"] == "ok"
        assert ready["configuration"]["age_seconds"] < 3
        assert ready["log"] == "ok"


def test_intake__metrics__count_by_stream_and_outcome(configured: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "metrics/intake"
    folder.mkdir(parents=True)
    environment = {**configured, "PROMETHEUS_MULTIPROC_DIR": str(folder), "VAR_DIR": str(tmp_path), "ROLE": "intake"}

    with serving("eventplatform.asgi:application", "asgi", environment) as port, client(port) as intake:
        intake.post("/v1/events", json=[EVENT, {**EVENT, "test": 5}, {**EVENT, "meta": {"stream": "nowhere"}}])
        intake.post("/v1/events?hasty=1", json=EVENT)
        text = wait_for(lambda: found if 'outcome="hasty"' in (found := intake.get("/metrics").text) else "")

    lines = {line for line in text.splitlines() if line.startswith("eventplatform_intake_events_total")}
    assert lines == {
        'eventplatform_intake_events_total{outcome="accepted",reason="",service="main",stream="life.event"} 1.0',
        'eventplatform_intake_events_total{outcome="invalid",reason="event.invalid",service="main",stream="life.event"} 1.0',
        'eventplatform_intake_events_total{outcome="denied",reason="stream.unknown",service="",stream=""} 1.0',
        'eventplatform_intake_events_total{outcome="hasty",reason="",service="main",stream="life.event"} 1.0',
    }
    assert 'eventplatform_intake_requests_total{door="lane",status="207"} 1.0' in text


def test_intake__no_database_at_the_start__says_so_and_recovers(own_postgres: Postgres) -> None:
    url = own_postgres.url("eventplatform")
    environment = env.child({"DATABASE_URL": url, "EVENT_LOG_URL": url, "VAR_DIR": str(own_postgres.var)})

    with serving("eventplatform.asgi:application", "asgi", environment) as port, client(port) as intake:
        refused = intake.post("/v1/events", json=EVENT)
        asked_at = time.monotonic()
        alive = intake.get("/healthz")
        ready = intake.get("/readyz")

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert refused.json()["code"] == "snapshot.missing"
    assert alive.status_code == 200
    assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
    assert time.monotonic() - asked_at < 5


def test_intake__database_dies_under_it__events_wait_on_the_disk_then_go_into_the_log(
    own_postgres: Postgres, tmp_path: Path
) -> None:
    own_postgres.start()
    own_postgres.ensure_database("eventplatform")
    url = own_postgres.url("eventplatform")
    environment = env.child({"DATABASE_URL": url, "EVENT_LOG_URL": url, "VAR_DIR": str(own_postgres.var)})
    _load(environment)

    with serving("eventplatform.asgi:application", "asgi", environment) as port, client(port) as intake:
        assert intake.post("/v1/events", json=EVENT).status_code == 201

        own_postgres.stop()
        away = [intake.post("/v1/events", json=EVENT) for _ in range(3)]
        ready = intake.get("/readyz")
        own_postgres.start()
        wait_for(lambda: intake.post("/v1/events", json=EVENT).status_code == 201, seconds=30)
        assert intake.get("/readyz").json()["spool"]["state"] == "empty"

    assert [answer.status_code for answer in away] == [202] * 3
    assert ready.status_code == 200
    assert ready.json()["log"] != "ok"
    assert (ready.json()["spool"]["state"], ready.json()["spool"]["records"]) == ("spooling", 3)


def _load(environment: dict[str, str]) -> None:
    script = (
        "import django; django.setup()\n"
        "from tests.intake import test_life as life\n"
        "life.registry.import_folder(name='primary', folder=life.env.ROOT / 'examples/schemas/primary')\n"
        "life.publish()\n"
    )
    child = {**environment, "DJANGO_SETTINGS_MODULE": "eventplatform.settings"}
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=env.ROOT, env=child, check=True)
    subprocess.run([sys.executable, "-c", script], cwd=env.ROOT, env=child, check=True)
