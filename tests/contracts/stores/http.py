"""A webhook's receiver as the contract suite sees it: a process of its own that keeps each record once, by its id."""

from __future__ import annotations

import base64
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from connectors.sinks import http
from connectors.sinks.base import Sink, Surroundings
from tests.contracts.webhook_receiver import SECRET
from tests.own_tables import with_own_tables

MARKS: list[Any] = []
COMMIT = "connectors.stores.own_positions:OwnPositions.step"


def make(request: pytest.FixtureRequest, folder: Path) -> WebhookStore:
    file = folder / "received.sqlite"
    command = [sys.executable, "-m", "tests.contracts.webhook_receiver", str(file)]
    receiver = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=settings.BASE_DIR)
    request.addfinalizer(receiver.communicate)
    request.addfinalizer(receiver.kill)
    assert receiver.stdout
    url = f"http://127.0.0.1:{int(receiver.stdout.readline())}/events"
    return WebhookStore(with_own_tables(request.getfixturevalue("postgres_url")), url, str(file))


class WebhookStore:
    can_expire = False

    def __init__(self, database_url: str, url: str, file: str) -> None:
        self.around = Surroundings(database_url=database_url, private_hosts=("127.0.0.1",))
        self.url = url
        self.file = file

    def sink(self, connector: str = "c1", **options: Any) -> Sink:
        target = http.Target(self.url, signing_secret="whsec_" + base64.b64encode(SECRET).decode())
        made = http.HttpSink(connector, target, http.Options(**options))
        made.around = self.around
        return made

    def texts(self, stream: str) -> list[str]:  # noqa: ARG002  # it is told of one stream only
        with sqlite3.connect(self.file) as database:
            events = database.execute("SELECT event FROM taken ORDER BY place").fetchall()
        return [json.loads(event)["test"] for (event,) in events]

    def canaries(self) -> list[tuple[str, str]]:
        with psycopg.connect(self.around.database_url) as connection:
            return list(connection.execute("SELECT stream, event_id FROM connector_canaries").fetchall())
