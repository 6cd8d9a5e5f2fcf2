"""Rows of the security checklist at the intake's door: what a hostile client names goes nowhere, and forges nothing."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest

from eventplatform.broker.memory import MemoryLog
from eventplatform.core.records import TopicPartition
from eventplatform.core.services import EventGateRules, Service
from eventplatform.core.streams import Stream
from eventplatform.guard.request_head import RequestHead
from eventplatform.logs import JsonFormatter
from intake.answers import Answer
from intake.service import Intake
from tests.contracts.intake_doors import GOOD, STREAMS, HandMade, LaneDoor, ObedientProducer

FORGED = '\n{"level":"CRITICAL","event":"forged"}\r\n\x1b[31mred\x1b[0m\u2028\x00'
TENANTS = (*STREAMS, Stream("their.event", "sample/test_event", "analytics", ("eqiad.their.event",)))
ALLOWED_HEADERS = {"received-at", "request-id", "service", "late-window", "replayed"}


class Door:
    """An intake of one service, asked through the lane."""

    def __init__(self, service: Service | None = None) -> None:
        self.log = MemoryLog()
        for stream in TENANTS:
            self.log.create_topic(stream.topics[0])
        main = service or Service("main")
        self.configuration = HandMade(
            streams={stream.name: stream for stream in TENANTS}, services={"main": main, "analytics": Service("analytics")}
        )
        producer = ObedientProducer(self.log)
        self.intake = Intake(configuration=lambda: self.configuration, producer=producer, services=["main"])
        self.lane = LaneDoor(self.intake)

    def post(self, *events: Any, path: str = "/v1/events", **headers: str) -> list[dict[str, Any]]:
        named = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
        reply = self.lane.send("POST", path, orjson.dumps(events), named)
        return reply.json.get("results", []) if reply.body else []

    def topics(self) -> set[str]:
        return set(self.log.topics(None))

    def written(self) -> int:
        return sum(self.log.end_offsets([TopicPartition(topic, 0) for topic in self.topics()]).values())


@pytest.fixture
def canary() -> Iterator[tuple[int, list[str]]]:
    """A server on this machine that nobody may ask, and who did."""
    hits: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_HEAD = do_POST = do_GET  # noqa: N815  # the names that http.server wants

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_port, hits
    server.shutdown()
    thread.join()
    server.server_close()


def mutants(port: int) -> list[str]:
    hosts = [
        f"127.0.0.1:{port}",
        f"localhost:{port}",
        f"127.1:{port}",
        f"[::1]:{port}",
        f"2130706433:{port}",
        f"a@127.0.0.1:{port}",
    ]
    schemes = ["http://", "HTTP://", "https://", "//", "http:\\\\", "\\\\", "ftp://", "http:", "/http://", "jar:http://"]
    others = [
        "file:///etc/hostname",
        "/../x/1.0.0",
        "/x/../../1.0.0",
        "/%2e%2e/1.0.0",
        "/x%2f1.0.0",
        "/x/1.0.0#",
        "/x/1.0.0?y",
        "x",
    ]
    return [f"{scheme}{host}/sample/test_event/1.0.0" for scheme in schemes for host in hosts] + others


@pytest.mark.parametrize("profile", ["ours", "eventgate"])
def test_row_1_ssrf__60_mutants_of_schema_and_dataschema__refused_without_any_network_call(
    canary: tuple[int, list[str]], profile: Any
) -> None:
    port, hits = canary
    rules = EventGateRules(allows_slashless=True, schema_uri_parameter="schema_uri", stream_parameter="stream")
    door = Door(Service("main", profile=profile, eventgate=rules, sources=(("app", "test.event"),)))

    for mutant in mutants(port):
        cloud = {"specversion": "1.0", "id": "1", "type": "x", "source": "app", "dataschema": mutant, "data": {"test": "x"}}
        for event, kind in (({**GOOD, "$schema": mutant}, "application/json"), (cloud, "application/cloudevents+json")):
            head = RequestHead(content_type=kind, service="main")
            visit = door.intake.open(head)
            visit.body.feed(orjson.dumps(event))
            answer = door.intake.submit(visit)
            answer = answer if isinstance(answer, Answer) else door.intake.answer(answer, visit)
            assert 400 <= answer.status < 501, (mutant, answer.status)

    assert len(mutants(port)) >= 60
    assert (hits, door.written()) == ([], 0)


HOSTILE_STREAMS = [
    "__consumer_offsets",
    "__transaction_state",
    "../x",
    "..",
    ".",
    "",
    "x" * 250,
    "test.еvent",  # noqa: RUF001  # a Cyrillic letter: the homoglyph is the point
    "test.event\n",
    "test.event\0",
    "TEST.EVENT",
    "eqiad.their.event",
    "their.event",
    "eventplatform.rejected",
]


@pytest.mark.parametrize("name", HOSTILE_STREAMS)
@pytest.mark.parametrize("profile", ["ours", "eventgate"])
def test_row_11_topic_injection__by_the_name_of_a_stream__refused_and_no_topic_made(profile: Any, name: str) -> None:
    door = Door(Service("main", profile=profile))
    before = door.topics()

    door.post({**GOOD, "meta": {"stream": name}})

    assert (door.written(), door.topics()) == (0, before)


@pytest.mark.parametrize("name", [one for one in HOSTILE_STREAMS if one not in ("", "TEST.EVENT")])
def test_row_11_topic_injection__service_without_stream_configuration__nobody_elses_topic(name: str) -> None:
    door = Door(Service("main", profile="eventgate", eventgate=EventGateRules(needs_streams=False)))
    before = door.topics()

    door.post({**GOOD, "meta": {"stream": name}}, path="/main/v1/events")

    assert (door.written(), door.topics()) == (0, before)


def test_row_12_record_headers__whatever_a_client_sends__allow_listed_few_and_short() -> None:
    door = Door()
    many = {f"x-many-{number}": "x" * 500 for number in range(100)}
    hostile = {
        "x-request-id": "r" * 5000,
        "x-replayed": "n" * 5000,
        "service": "admin",
        "received-at": "1970",
        "error-code": "x",
        "producer-key": "admin",
    }

    door.post({**GOOD, "meta": {"stream": "test.event"}}, **many, **hostile)
    door.post({**GOOD, "meta": {"stream": "test.event"}}, x_request_id="a,b", x_replayed="\x7f~")

    records = door.log.reader().read(TopicPartition("test.event", 0), 0).records
    assert len(records) == 2
    for record in records:
        assert {name for name, _ in record.headers} <= ALLOWED_HEADERS
        assert len(record.headers) <= 20
        assert all(len(value) <= 1024 and value.isascii() for _, value in record.headers)
        assert dict(record.headers)["service"] == b"main"


def test_row_12_message_key__as_large_as_an_event__refused() -> None:
    door = Door()

    [entry] = door.post({**GOOD, "meta": {"stream": "keyed.event"}, "test": "k" * 600_000})

    assert (entry["code"], door.written()) == ("event.too_large", 0)


def test_row_10_log_injection__hostile_names_everywhere__every_line_is_one_json_object(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [handler])
    monkeypatch.setattr(root, "level", logging.INFO)
    door = Door()

    def fails(name: str) -> Stream:
        raise RuntimeError(name)

    broken = replace(door.configuration)
    object.__setattr__(broken, "find_stream", fails)
    door.configuration = broken
    door.post({**GOOD, "meta": {"stream": FORGED[:-1] + "x" * 5000, "id": FORGED[:-1]}}, x_request_id="id-of-the-request")
    logging.getLogger(FORGED).warning(FORGED, extra={"stream": FORGED + "y" * 5000, "shown": "epk_abcd2345_" + "s" * 43})

    lines = [json.loads(line) for line in said.getvalue().splitlines()]
    assert "\x1b" not in said.getvalue()
    assert len(lines) >= 2
    assert {line["level"] for line in lines} <= {"error", "warning"}
    assert all(
        len(value) <= 257 for line in lines for name, value in line.items() if isinstance(value, str) and name == "stream"
    )
    assert "sss" not in said.getvalue()
    assert "hello" not in said.getvalue()  # no payload
