"""Dead letters as error events: the door takes them, and a letter that it refuses stops the consumer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from eventclient import connect
from eventclient.consuming.consumer import Consumer
from eventclient.consuming.dead_letters import DeadLetter
from eventclient.consuming.errors import DeadLettersError, Park
from eventclient.consuming.letters_stream import StreamDeadLetters
from eventclient.consuming.sources import MemorySource
from eventclient.testing import EventDoor
from eventplatform.core import error_events
from eventplatform.core.records import Record
from tests.clients.python.consuming.events import event, running, wait_until

pytestmark = pytest.mark.slow

SCHEMAS = Path(__file__).parents[4] / "examples/schemas/primary"


@pytest.fixture
def door() -> Iterator[EventDoor]:
    with EventDoor(SCHEMAS, {"main.error": "eventplatform/error", "test.event": "sample/test_event"}) as opened:
        yield opened


def handle(_: object) -> None:
    raise Park("no such page", code="page.gone")


def test_stream_dead_letters__an_event_is_parked__an_error_event_as_the_intakes(door: EventDoor) -> None:
    source = MemorySource([event(1), b"\xff no json"])
    with connect(door.url) as client:
        letters = StreamDeadLetters(client, "main.error")
        with running(
            Consumer("pages", handle, source=source, group="mailer", dead_letters=letters, commit_seconds=0)
        ) as raised:
            wait_until(lambda: raised or source.committed == 2)

    assert raised == []
    assert door.bad() == []
    first, second = door.good()
    told = error_events.read(Record("main.error", 0, 0, 0, None, orjson.dumps(first)))
    assert told is not None
    assert (told.code, told.stream, told.emitter, told.schema_id) == ("page.gone", "pages", "mailer", "/sample/page/1.0.0")
    assert told.message == "no such page"
    assert first["stack"] == "topic memory, partition 0, offset 0, tries 1"
    assert second["error_type"] == "consumer.not_json"


def test_stream_dead_letters__stream_is_not_configured__consumer_stops_and_keeps_its_place(door: EventDoor) -> None:
    source = MemorySource([event(1)])
    with connect(door.url) as client:
        consumer = Consumer("pages", handle, source=source, dead_letters=StreamDeadLetters(client, "none.such"))
        with pytest.raises(DeadLettersError, match="unconfigured"):
            consumer.run(signals=False)

    assert source.committed == 0


def test_stream_dead_letters__intake_is_away__not_parked(door: EventDoor) -> None:
    with connect(door.url) as client:
        assert client.wait_until_ready()
        door.stop()
        with pytest.raises(DeadLettersError, match="within 0 seconds"):
            StreamDeadLetters(client, "main.error", seconds=0.3).put(DeadLetter(b"{}", "c", "r", at="2026-11-26T12:00:00Z"))
        client.close(timeout=0)
