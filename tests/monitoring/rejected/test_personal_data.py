"""Personal data planted in every kind of request, and searched for in every place that keeps or shows anything."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User
from django.test import Client
from prometheus_client import REGISTRY, generate_latest

from eventplatform.broker.base import partitions_of
from eventplatform.core.door_rules import DoorRules, PrivacyRules
from eventplatform.core.pii_values import Hashing
from eventplatform.guard.request_head import RequestHead
from intake.rejections import Rejections
from intake.service import Intake
from monitoring import tail
from monitoring.rejected import collecting
from registry.schema.compiled import Schema
from tests.monitoring.rejected.conftest import World, rows

pytestmark = pytest.mark.slow

OWN = "platform.rejected"
ADDRESS, AGENT, NAME, ID, COOKIE = (
    "192.0.2.77",
    "Mozilla/5.0 (X11; Planted) Firefox/128.0",
    "Ada Planted",
    "planted-id-1",
    "planted=1",
)
PLANTED = (ADDRESS, "Planted", ID, "planted=1", "2001:db8:aaaa:bbbb")
HTTP = {
    "client_ip": ADDRESS,
    "request_headers": {"user-agent": AGENT, "cookie": COOKIE, "x-forwarded-for": "2001:db8:aaaa:bbbb::1"},
}
MARKED = Schema(
    {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "/sample/test_event/1.0.0",
        "title": "sample/test_event",
        "type": "object",
        "properties": {
            "test": {"type": "string"},
            "who": {"type": "string", "x-pii": "name", "x-pii-action": "drop"},
            "session": {"type": "string", "x-pii": "id", "x-pii-action": "hash"},
            "http": {
                "type": "object",
                "properties": {
                    "client_ip": {"type": "string", "x-pii": "ip", "x-pii-action": "truncate"},
                    "request_headers": {
                        "type": "object",
                        "properties": {
                            "user-agent": {"type": "string", "x-pii": "user_agent", "x-pii-action": "truncate"},
                            "cookie": {"type": "string", "x-pii": "free_text", "x-pii-action": "drop"},
                            "x-forwarded-for": {"type": "string", "x-pii": "ip", "x-pii-action": "truncate"},
                        },
                    },
                },
            },
        },
    }
)


@pytest.fixture
def intake(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Intake]:
    settings.REJECTED_TOPIC = OWN
    world.log.create_topic(OWN)
    world.config.find_schema = {MARKED.schema_id: MARKED}.get
    world.config.revision = 1
    whole = DoorRules(privacy=PrivacyRules(clears_at_door=True))  # the log is one of the places searched
    world.config.streams = {name: replace(one, door=whole) for name, one in world.config.streams.items()}
    world.config.find_stream = world.config.streams.get
    world.config.every_stream = world.config.streams.values()
    producer, hashing = world.log.producer(), Hashing(b"tests")
    rejections = Rejections(producer=producer, hashing=hashing, own_topic=OWN)
    config = world.config
    made = Intake(configuration=lambda: config, producer=producer, rejections=rejections, hashing=hashing)
    monkeypatch.setattr("monitoring.pages.event_log", lambda: world.log)
    monkeypatch.setattr("monitoring.tail.snapshot", lambda: config)
    monkeypatch.setattr("monitoring.pages._tails", {})
    yield made
    made.close()


def post(intake: Intake, body: bytes, content_type: str = "application/json") -> None:
    headers = {"user-agent": AGENT, "x-forwarded-for": ADDRESS, "x-client-ip": ADDRESS, "cookie": COOKIE}
    head = RequestHead(
        content_type=content_type, content_length=str(len(body)), peer=ADDRESS, header=lambda name: headers.get(name, "")
    )
    visit = intake.open(head)
    visit.body.feed(body)
    submission: Any = intake.submit(visit)
    deadline = time.monotonic() + 5
    while hasattr(submission, "is_settled") and not submission.is_settled and time.monotonic() < deadline:
        time.sleep(0.01)


def event(**fields: Any) -> bytes:
    facts = {"$schema": MARKED.schema_id, "meta": {"stream": "test.event"}, "who": NAME, "session": ID, "http": HTTP}
    return orjson.dumps(facts | fields)


def everywhere(world: World, client: Client) -> dict[str, str]:
    """What stands in every place."""
    found = {"metrics": generate_latest(REGISTRY).decode()}
    reader = world.log.reader()
    for where in partitions_of(world.log.topics()):
        for record in reader.read(where, 0).records:
            found[f"log {where.topic} {record.offset}"] = repr((record.value, record.key, record.headers))
    found["rows"] = repr(
        [[bytes(one) if isinstance(one, memoryview) else one for one in row] for row in rows("select * from dead_letters")]
    )
    found["groups"] = repr(rows("select * from dead_letter_groups"))
    for (key,) in rows("select key from dead_letter_groups"):
        found[f"page {key}"] = client.get(f"/rejected?group={key}").content.decode()
        found[f"export {key}"] = b"".join(client.get(f"/rejected/{key}/export").streaming_content).decode()  # type: ignore[attr-defined]  # a streamed answer
    found["record"] = client.get("/records/test.event/0/0").content.decode()
    found["tail"] = repr(tail.Tail(world.log).newest(50))
    return found


def test_personal_data__planted_in_every_way_in__found_nowhere(
    client: Client, world: World, intake: Intake, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    client.force_login(User.objects.create_superuser("root"))  # who sees all there is
    post(intake, event())  # accepted
    post(intake, event(test=5))  # breaks its schema
    post(intake, event(meta={"stream": "no.such"}))  # unknown stream
    post(
        intake, orjson.dumps(orjson.loads(event()) | {"$schema": "/no/such/1.0.0", "who": 1, "session": 1})
    )  # of no known schema
    post(intake, event()[:-1])  # broken JSON
    post(intake, event(), "application/xml")  # no JSON at all
    assert intake._rejections is not None
    assert intake._rejections.flush(5)
    assert collecting.collect(world.log, seconds=10) == 5

    places = everywhere(world, client) | {"stderr": capfd.readouterr().err, "logs": caplog.text}

    for place, text in places.items():
        for planted in PLANTED:
            assert planted not in text, (place, planted)
    assert "192.0.2.0" in places["log test.event 0"]
    assert "Firefox 128" in places["log test.event 0"]
