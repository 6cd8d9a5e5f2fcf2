"""The outbox in a Django project of its own, over Postgres and SQLite, with relays as processes and a door as the intake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from eventclient.testing import EventDoor

ROOT = Path(__file__).parents[4]
PROJECT = Path(__file__).with_name("django_project.py")
SCHEMAS = ROOT / "examples/schemas/primary"
MIGRATE = "migrate --verbosity=0"

pytestmark = pytest.mark.slow


@dataclass
class Project:
    """The program, its database and its platform."""

    environment: dict[str, str]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(PROJECT), *arguments]
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
        )

    def run(self, *lines: str) -> list[str]:
        process = self.start(" + ".join(lines))
        told, _ = process.communicate(timeout=60)
        assert process.returncode == 0, told
        return told.splitlines()


@pytest.fixture
def door() -> Iterator[EventDoor]:
    with EventDoor(SCHEMAS, {"test.event": "sample/test_event"}) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def project(request: pytest.FixtureRequest, tmp_path: Path, door: EventDoor) -> Project:
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "project.db")}
    if request.param == "postgresql":
        database = of_url(request.getfixturevalue("postgres_url"))
    environment = {**os.environ, "PROJECT_DATABASE": json.dumps(database), "PROJECT_PLATFORM": door.url}
    return Project({**environment, "PYTHONPATH": str(ROOT / "clients/python")})


def of_url(url: str) -> dict[str, str]:
    parts = conninfo_to_dict(url)
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    found = {name: str(parts.get(part) or "") for name, part in names.items()}
    return {"ENGINE": "django.db.backends.postgresql", **found}


def test_publish__rolled_back_or_outside__nothing_is_sent(project: Project, door: EventDoor) -> None:
    outside, sent = project.run(MIGRATE, "write rolled_back 3", "write outside", "relay_events --once")

    assert "Publish inside transaction.atomic()" in outside
    assert sent.startswith("0 waiting")
    assert door.requests == 0


def test_relay_events__one_key__sent_in_its_order_with_the_ids_of_the_rows(project: Project, door: EventDoor) -> None:
    sent, rows = project.run(MIGRATE, "write committed 5 k", "relay_events --once", "rows")

    assert sent == "0 waiting (the oldest for 0 s), 5 sent, 0 refused."
    assert [one["test"] for one in door.good(5)] == [f"k{number}" for number in range(5)]
    assert [one["meta"]["id"] for one in door.good()] == [row["event_id"] for row in json.loads(rows)]


def test_relay_events__intake_away_then_there__waits_and_sends(project: Project, door: EventDoor) -> None:
    door.answer_next(503, retry_after=1)

    first, error = project.run(MIGRATE, "write committed 3", "relay_events --once")
    relay = project.start("relay_events")
    try:
        events = door.good(3, timeout=30)
    finally:
        relay.terminate()
        relay.wait(30)

    assert first.startswith("3 waiting")
    assert error.startswith("Events still wait")
    assert len(events) == 3
    assert relay.returncode == 0


def test_relay_events__refused__parked_and_requeued(project: Project) -> None:
    warning, _, rows, requeued, counts = project.run(
        MIGRATE,
        "write wrong 1",
        "write committed 1",
        "relay_events --once",
        "rows",
        "relay_events --requeue event.invalid",
        "relay_events --counts",
    )

    refused, sent = json.loads(rows)
    assert (refused["state"], refused["code"], refused["pointer"]) == ("refused", "event.invalid", "/test")
    assert refused["remedy"]
    assert sent["state"] == "sent"
    assert warning == "outbox.refused code=event.invalid count=1"
    assert requeued == "1 events wait again."
    assert counts.startswith("1 waiting")


def test_relay_events__two_at_the_same_time__each_event_once(project: Project, door: EventDoor) -> None:
    project.run(MIGRATE, "write committed 1000")

    relays = [project.start("relay_events", "--once", "--batch=50") for _ in range(2)]
    told = [relay.communicate(timeout=60)[0] for relay in relays]
    last = project.run("relay_events --once", "rows")

    assert len(door.good()) == 1000, told
    assert {row["tries"] for row in json.loads(last[1])} == {1}


@pytest.mark.parametrize(
    ("command", "told"),
    [("relay_events --once", "Set EVENTCLIENT_PLATFORM"), ("makemigrations --check --dry-run", "No changes detected")],
)
def test_project__no_platform_and_no_table__told(command: str, told: str) -> None:
    database = '{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}'
    environment = {**os.environ, "PROJECT_DATABASE": database, "PROJECT_PLATFORM": ""}

    assert told in Project({**environment, "PYTHONPATH": str(ROOT / "clients/python")}).run(command)[0]
