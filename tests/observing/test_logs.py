"""Every log line that knows an event, a stream or a request names them; none holds what was sent."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from eventplatform import logs
from eventplatform.broker.base import LogUnavailableError
from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.core.pii_values import Hashing
from eventplatform.core.records import Record, TopicPartition
from intake.rejections import Rejections
from intake.service import Intake
from tests.connectors.test_delivery import PickySink, delivery
from tests.contracts.intake_doors import GOOD, LaneDoor, ObedientProducer
from tests.intake.test_security_rows import Door

Lines = Callable[[], list[dict[str, Any]]]

log = logging.getLogger("tests.logs")


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """What was logged, as the platform's processes write it."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(logs.JsonFormatter())
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [handler])
    monkeypatch.setattr(root, "level", logging.INFO)
    return lambda: [json.loads(line) for line in said.getvalue().splitlines()]


class ToldDoor(Door):
    """A door that tells an error stream of what it refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.log.create_topic("own.rejected")
        self.producer = ObedientProducer(self.log)
        self.rejections = Rejections(
            producer=self.producer,
            hashing=Hashing(b"key"),
            own_topic="own.rejected",
            clock=lambda: 0.0,  # what a limit has used up does not come back
        )
        self.intake = Intake(configuration=lambda: self.configuration, producer=self.producer, rejections=self.rejections)
        self.lane = LaneDoor(self.intake)

    def records(self, topic: str) -> list[Record]:
        return list(self.log.reader().read(TopicPartition(topic, 0), 0).records)


def test_bound__blocks_within_blocks__fields_of_all_until_each_ends(lines: Lines) -> None:
    with logs.bound(task="t", request_id=""):
        with logs.bound(connector="c"):
            log.info("inner", extra={"task": "own"})
        log.info("outer")
    log.info("after")

    found = [{key: line[key] for key in ("event", "task", "connector", "request_id") if key in line} for line in lines()]
    assert found == [{"event": "inner", "task": "own", "connector": "c"}, {"event": "outer", "task": "t"}, {"event": "after"}]


def test_bound__other_thread__has_none_of_them(lines: Lines) -> None:
    with logs.bound(task="t"):
        thread = threading.Thread(target=log.info, args=("elsewhere",))
        thread.start()
        thread.join()

    assert "task" not in lines()[0]


def test_formatter__field_named_as_one_of_the_lines_own__forges_nothing(lines: Lines) -> None:
    log.info("real", extra={"event": "forged", "level": "critical"})

    assert (lines()[0]["event"], lines()[0]["level"]) == ("real", "info")


def test_request_id__of_one_request__stands_on_lines_of_intake_and_connector(lines: Lines) -> None:
    door, aside = ToldDoor(), list[DeadLetter]()
    poison = {**GOOD, "meta": {"stream": "test.event", "id": "0190a1b2-0000-7000-8000-00000000aaaa"}, "test": "poison"}
    invalid = {**GOOD, "meta": {"stream": "test.event", "id": "0190a1b2-0000-7000-8000-00000000bbbb"}, "test": 17}

    door.post(poison, invalid, x_request_id="req-4711")
    assert door.rejections.flush(5)
    stored = door.records("test.event")
    connector = delivery(PickySink(), aside)
    connector.handle(stored)
    connector.flush(stored[-1].offset + 1)

    found = {line["event"]: line for line in lines() if line.get("request_id") == "req-4711"}
    assert found.keys() == {"intake.refused", "record.dead_lettered"}
    refused, letter = found["intake.refused"], found["record.dead_lettered"]
    assert (refused["event_id"][-4:], refused["stream"], refused["code"]) == ("bbbb", "test.event", "event.invalid")
    assert (letter["event_id"][-4:], letter["stream"], letter["connector"]) == ("aaaa", "test.event", "c")
    assert (letter["topic"], letter["partition"], letter["offset"]) == ("test.event", 0, 0)
    assert not [line for line in lines() if "poison" in orjson.dumps(line).decode().replace("it is poison", "")]


def test_intake__log_away__says_whose_events_were_not_kept_but_not_of_each(lines: Lines) -> None:
    door = ToldDoor()
    door.producer.error = LogUnavailableError(reason="cut")

    for _ in range(200):
        door.post(GOOD, x_request_id="req-1")

    found = [line for line in lines() if line["event"] == "intake.not_kept"]
    assert len(found) == 50  # ten seconds of five
    assert {(line["request_id"], line["code"], line["stream"]) for line in found} == {
        ("req-1", "log.unavailable", "test.event")
    }


def test_dead_letters__thousands__few_lines(lines: Lines) -> None:
    aside: list[DeadLetter] = []
    connector = delivery(PickySink(), aside)
    connector.handle([Record("test.event", 0, offset, 0, None, b"no event") for offset in range(500)])

    connector.flush(500)

    assert len(aside) == 500
    assert len(lines()) == 20
