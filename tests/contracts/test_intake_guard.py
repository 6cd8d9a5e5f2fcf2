"""The guard before both doors: what a refused client is told, and that both doors say it alike."""

from __future__ import annotations

from typing import Any

import pytest

from eventplatform.broker.memory import MemoryLog
from eventplatform.core.door_rules import DoorRules
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from eventplatform.guard.keys import KeyRing
from intake import runtime
from intake.service import Intake
from tests.contracts.intake_doors import (
    GOOD,
    LIMITS,
    DrfDoor,
    HandMade,
    LaneDoor,
    ObedientProducer,
    Platform,
    Reply,
    dump,
    to,
)
from tests.guard.guarding import PEPPERS, Guarding, made

WIKI = "https://en.wikipedia.org"
KEY, SECRET = made(1, streams=["test.*", "known.event"], events_per_second=5)
REVOKED, TAKEN_BACK = made(2, is_revoked=True)
STREAMS = [
    Stream("test.event", "sample/test_event", "main", ("test.event",)),
    Stream("other.event", "sample/test_event", "main", ("other.event",)),
    Stream("wiki.event", "sample/test_event", "main", ("wiki.event",), door=DoorRules(origins=(WIKI,))),
    Stream("known.event", "sample/test_event", "main", ("known.event",), door=DoorRules(allows_anonymous=False)),
    Stream("small.event", "sample/test_event", "main", ("small.event",), door=DoorRules(events_per_second=2)),
]


class Setting:
    """One door over an intake with a guard."""

    def __init__(self, name: str, monkeypatch: pytest.MonkeyPatch, *, most_in_flight: int = 1000, **service: Any) -> None:
        log = MemoryLog()
        for stream in STREAMS:
            log.create_topic(stream.name)
        self.producer = ObedientProducer(log)
        configuration = HandMade({one.name: one for one in STREAMS}, services={"main": Service("main", **service)})
        self.guarding = Guarding(*STREAMS, keys=[KEY, REVOKED], most_events=most_in_flight)
        intake = Intake(
            configuration=lambda: configuration,
            producer=self.producer,
            limits=LIMITS,
            services=["main"],
            guard=self.guarding.guard,
            admission=self.guarding.admission,
        )
        monkeypatch.setattr(runtime, "intake", lambda: intake)
        self.platform = Platform(DrfDoor() if name == "drf" else LaneDoor(intake), log, self.producer, intake)

    def post(self, *events: Any, **headers: str) -> Reply:
        return self.platform.post(dump([*events]), **headers)


@pytest.fixture(params=["lane", "drf"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def door(name: str, monkeypatch: pytest.MonkeyPatch) -> Setting:
    return Setting(name, monkeypatch)


@pytest.mark.parametrize("header", ["authorization", "x_producer_key"])
def test_key__good__events_are_taken(door: Setting, header: str) -> None:
    shown = f"Bearer {SECRET}" if header == "authorization" else SECRET

    reply = door.post(GOOD, to("known.event"), **{header: shown})

    assert reply.status == 201
    assert door.guarding.used == [1]


@pytest.mark.parametrize(
    ("shown", "code"),
    [("epk_nonsense", "key.unknown"), (SECRET[:-1] + "~", "key.unknown"), (TAKEN_BACK, "key.revoked")],
    ids=["nonsense", "changed", "taken back"],  # keys are made anew in each process
)
def test_key__no_good__whole_request_is_401_with_a_challenge(door: Setting, shown: str, code: str) -> None:
    reply = door.post(GOOD, authorization=f"Bearer {shown}")

    assert (reply.status, reply.json["code"]) == (401, code)
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["www-authenticate"] == 'Bearer realm="events", error="invalid_token"'
    assert SECRET.encode() not in reply.body
    assert not door.platform.records()


def test_key__stream_outside_its_scope__that_event_is_denied(door: Setting) -> None:
    reply = door.post(GOOD, to("other.event"), GOOD, authorization=f"Bearer {SECRET}")

    assert reply.status == 207
    assert [one.get("code") for one in reply.json["results"]] == [None, "key.not_for_stream", None]
    assert [one["result"] for one in reply.json["results"]] == ["accepted", "denied", "accepted"]


def test_key__only_streams_outside_its_scope__403(door: Setting) -> None:
    assert door.post(to("other.event"), authorization=f"Bearer {SECRET}").status == 403


def test_anonymous__stream_of_known_producers__401_with_a_challenge(door: Setting) -> None:
    reply = door.post(to("known.event"))

    assert (reply.status, reply.json["results"][0]["code"]) == (401, "key.missing")
    assert reply.headers["www-authenticate"] == 'Bearer realm="events"'


def test_origin__not_the_streams__that_event_is_denied(door: Setting) -> None:
    reply = door.post(GOOD, to("wiki.event"), origin="https://evil.example")

    assert reply.status == 207
    assert [one.get("code") for one in reply.json["results"]] == [None, "origin.not_allowed"]


def test_beacon__text_plain_of_the_right_page__is_taken(door: Setting) -> None:
    reply = door.platform.door.send(
        "POST", "/v1/events", dump(to("wiki.event")), {"content-type": "text/plain;charset=UTF-8", "origin": WIKI}
    )

    assert reply.status == 201


@pytest.mark.parametrize(("origin", "said"), [(WIKI, WIKI), ("https://evil.example", None), ("null", None)])
def test_preflight__service_with_a_list__echoes_only_what_may_send(
    name: str, monkeypatch: pytest.MonkeyPatch, origin: str, said: str | None
) -> None:
    door = Setting(name, monkeypatch, origins=(WIKI,)).platform.door

    reply = door.send("OPTIONS", "/v1/events", b"", {"origin": origin, "access-control-request-method": "POST"})

    assert reply.status == 200
    assert reply.headers.get("access-control-allow-origin") == said
    assert reply.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in reply.headers


def test_preflight__only_a_pattern_of_streams_takes_the_origin__echoes_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    below = Stream("/^wiki_/", "sample/test_event", "main", (), door=DoorRules(origins=(WIKI,)))
    monkeypatch.setattr(HandMade, "every_stream", property(lambda _: [below]))
    door = Setting(name, monkeypatch, origins=()).platform.door

    assert door.send("OPTIONS", "/v1/events", b"", {"origin": WIKI}).headers["access-control-allow-origin"] == WIKI


def test_origin__that_no_stream_knows__whole_request_is_403(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reply = Setting(name, monkeypatch, origins=(WIKI,)).post(GOOD, origin="https://evil.example")

    assert (reply.status, reply.json["code"]) == (403, "origin.not_allowed")
    assert "access-control-allow-origin" not in reply.headers


def test_stream__more_than_it_takes__429_names_the_limit_and_when_to_come_back(door: Setting) -> None:
    door.post(to("small.event"), to("small.event"))

    reply = door.post(to("small.event"))

    assert reply.status == 429
    assert reply.headers["retry-after"] == "1"
    [result] = reply.json["results"]
    assert (result["result"], result["code"]) == ("limited", "rate.stream")
    assert "the stream small.event is limited to 2 events a second" in result["message"]


def test_key__more_than_it_may__429_before_the_body(door: Setting) -> None:
    door.post(*[GOOD] * 9, authorization=f"Bearer {SECRET}")

    reply = door.platform.post(b"{ not even read", authorization=f"Bearer {SECRET}")

    assert (reply.status, reply.json["code"]) == (429, "rate.key")
    assert int(reply.headers["retry-after"]) >= 1


def test_keys_never_read__with_a_key__503_and_without__taken(door: Setting) -> None:
    door.guarding.ring = KeyRing([], PEPPERS, is_complete=False)

    refused = door.post(GOOD, authorization=f"Bearer {SECRET}")

    assert (refused.status, refused.json["code"]) == (503, "keys.unread")
    assert "retry-after" in refused.headers
    assert door.post(GOOD).status == 201


def test_process__too_much_in_flight__503_until_it_is_settled(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Setting(name, monkeypatch, most_in_flight=5)
    door.producer.is_silent = True
    assert door.post(*[GOOD] * 5).status == 503  # the log keeps silent: this answer is its own

    crowded = door.post(GOOD)
    door.producer.is_silent = False
    door.producer.release()

    assert (crowded.status, crowded.json["code"]) == (503, "intake.overloaded")
    assert crowded.headers["retry-after"] == "1"
    assert door.post(GOOD).status == 201
    assert door.guarding.admission.events == 0


def test_doors__refusals__are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusals(name: str) -> list[Reply]:
        door = Setting(name, monkeypatch, origins=(WIKI, "https://de.wikipedia.org"))
        return [
            door.post(GOOD, authorization="Bearer epk_nonsense"),
            door.post(GOOD, origin="null"),
            door.post(to("known.event"), origin=WIKI),
            door.post(to("wiki.event"), origin="https://de.wikipedia.org"),
            door.post(*[{**GOOD, "meta": {"stream": "small.event", "id": f"id-{number}"}} for number in range(4)]),
        ]

    assert refusals("lane") == refusals("drf")
