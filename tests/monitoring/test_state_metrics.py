"""What a scrape of the role web says of the whole platform, also while parts of it are away."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from eventplatform import env, exposition, role_processes
from monitoring import services, state_metrics
from tests.monitoring.world import World

_PREFIX = "eventplatform_"


def told() -> Mapping[str, Mapping[tuple[str, ...], float]]:
    """Values by metric and labels."""
    return {
        family.name.removeprefix(_PREFIX): {tuple(one.labels.values()): one.value for one in family.samples}
        for family in state_metrics.families()
    }


@pytest.mark.slow
def test_families__database_away__says_so_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", "9")

    found = told()

    assert found.keys() == {"database_up", "redis_up"}
    assert found["database_up"] == {(): 0}


@pytest.mark.slow
@pytest.mark.django_db
def test_families__platform_at_work__heartbeats_streams_canaries_and_every_kind_of_alert(world: World) -> None:
    services.beat(role="worker", now=timezone.now() - timedelta(seconds=40))
    services.beat(role="log", now=timezone.now())

    found = told()

    assert found["database_up"] == {(): 1}
    assert found["role_heartbeat_age_seconds"]["worker",] == pytest.approx(40, abs=5)
    assert found["log_up"] == {(): 1}
    assert found["alerts_open"]["canary.store", "critical"] == 0
    assert found["canary_failing"].keys() >= found["canary_latency_seconds"].keys()
    assert set(found["connector_state"].values()) <= {0, 1, 2, 3, 4}
    assert found["connector_state"].keys() == found["connector_lag_seconds"].keys() == found["connector_hours_late"].keys()


@pytest.mark.slow
@pytest.mark.django_db
def test_families__queries__as_many_whatever_there_is(world: World) -> None:
    with CaptureQueriesContext(connection) as asked:
        list(state_metrics.families())

    assert len(asked) <= 25


@pytest.mark.slow
@pytest.mark.django_db
def test_metrics__whole_page__parses_and_names_no_metric_twice(client: Client, world: World) -> None:
    text = client.get("/metrics").content.decode()

    names = [family.name for family in text_string_to_metric_families(text)]
    assert len(names) == len(set(names))
    assert "eventplatform_web_requests" in names


@pytest.mark.django_db
def test_web_requests__pages_with_names_in_them__one_route(client: Client) -> None:
    for number in range(3):
        client.get(f"/errors/no.such.{number}")
    client.get("/nowhere/at/all")

    text = exposition.scrape("web").decode()

    of_errors = [
        line for line in text.splitlines() if line.startswith("eventplatform_web_requests_total{") and "no.such" in line
    ]
    assert of_errors == []
    assert 'route="errors/<str:code>"' in text


HOLD = """
import sys, time
from prometheus_client import Gauge
Gauge("age", "x", multiprocess_mode="livemax").set(1)
held = open("/dev/null")
print("ready", flush=True)
sys.stdin.read()
"""


def test_processes__of_a_role__memory_and_files_of_those_that_live(tmp_path: Path) -> None:
    environment = env.child({"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)})
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        (tmp_path / f"counter_{os.getpid()}.db").touch()  # a number that belongs to another process by now
        alive = role_processes.writing_into(tmp_path)
        made: dict[str, Any] = {one.name: one.samples[0].value for one in role_processes.families("worker", alive)}
        process.communicate()

    assert alive == [process.pid]
    assert made["eventplatform_role_processes"] == 1
    assert made["eventplatform_role_resident_bytes"] > 5_000_000
    assert 3 < made["eventplatform_role_open_files"] < 50
    deadline = time.monotonic() + 5
    while role_processes.writing_into(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert role_processes.families("worker", role_processes.writing_into(tmp_path)) == []


@pytest.mark.slow
@pytest.mark.django_db
def test_families__several_sources__how_all_connectors_do_is_read_once() -> None:
    with CaptureQueriesContext(connection) as queries:
        told()

    assert len([one for one in queries if 'FROM "connectors_lease"' in one["sql"]]) == 1
