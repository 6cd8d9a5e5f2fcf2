from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from eventplatform import env, exposition
from tests.monitoring.world import World


def test_healthz__answers_without_a_database(client: Client) -> None:
    response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.slow
@pytest.mark.django_db
def test_readyz__all_well__tells_the_age_of_the_configuration(client: Client, world: World) -> None:
    response = client.get("/readyz")

    body = response.json()
    assert response.status_code == 200
    assert body["configuration"] == {"revision": 7, "age_seconds": 0.5, "state": "ok"}


def test_readyz__database_away__is_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        monkeypatch.setitem(connection.settings_dict, "PORT", str(nobody.getsockname()[1]))

        response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["database"] == "does not answer (OperationalError)"


def test_readyz__database_hangs__is_503_within_three_seconds(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and says nothing, as a stopped Postgres
        monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        monkeypatch.setitem(connection.settings_dict, "PORT", str(silent.getsockname()[1]))
        begun = time.monotonic()

        response = client.get("/readyz")

    assert time.monotonic() - begun < 3
    assert response.status_code == 503
    assert response.json()["database"] == "does not answer in time"


def test_metrics__unknown_role__is_refused_and_no_path(client: Client) -> None:
    response = client.get("/metrics", {"role": "../../etc"})

    assert response.status_code == 400
    assert response.json()["code"] == "role.unknown"


COUNT = """
from prometheus_client import Counter, Gauge
Counter("things", "x").inc(2)
Gauge("age", "x", multiprocess_mode="livemax").set(9)
"""


def test_scrape__two_processes_of_a_role__are_summed_and_dead_gauges_go(settings: object, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path  # type: ignore[attr-defined]  # pytest-django's settings
    folder = tmp_path / "metrics" / "intake"
    folder.mkdir(parents=True)
    for _ in range(2):
        subprocess.run([sys.executable, "-c", COUNT], env=env.child({"PROMETHEUS_MULTIPROC_DIR": str(folder)}), check=True)

    text = exposition.scrape("intake").decode()

    assert "things_total 4.0" in text
    assert "age" not in text
    assert sorted(path.name[:8] for path in folder.glob("*.db")) == ["counter_", "counter_"]
    assert exposition.scrape("beat") == b""
