"""kill -9 of a relay at each point: no event is lost, and an intake that knows ids takes each once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventclient.outbox import HttpCourier, Relay
from eventclient.outbox.sqlalchemy import publish
from eventclient.testing import EventDoor
from tests.clients.python.outbox.conftest import Outbox

ROOT = Path(__file__).parents[4]
POINTS = [
    "before the claim",
    "within the claim",
    "after the claim",
    "with half of a batch sent",
    "before the settlement",
    "after the settlement",
]

pytestmark = pytest.mark.slow


@pytest.fixture
def door() -> Iterator[EventDoor]:
    with EventDoor(ROOT / "examples/schemas/primary", {"test.event": "sample/test_event"}) as opened:
        yield opened


@pytest.mark.parametrize("point", POINTS)
def test_relay__killed__the_next_sends_what_is_left(outbox: Outbox, door: EventDoor, point: str) -> None:
    with outbox.engine.begin() as connection:
        for number in range(25):
            publish(connection, "test.event", {"test": str(number)}, table=outbox.table)
    url = outbox.engine.url.render_as_string(hide_password=False)
    program = [sys.executable, str(Path(__file__).with_name("killed_relay.py")), url, door.url, point]
    died = subprocess.run(program, env={**os.environ, "PYTHONPATH": str(ROOT / "clients/python")}, check=False)

    relay, deadline = Relay(outbox.store, HttpCourier(door.url)), time.monotonic() + 20
    while any(row.state != "sent" for row in outbox.rows()) and time.monotonic() < deadline:
        relay.once()
        time.sleep(0.05)  # the dead relay's lease has to end

    assert died.returncode == -signal.SIGKILL
    assert sorted(int(one["test"]) for one in door.good()) == list(range(25))
    assert door.bad() == []
    assert {row.state for row in outbox.rows()} == {"sent"}
