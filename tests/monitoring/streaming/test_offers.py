"""Which streams are given out, to whom, and what of people stays in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from eventplatform.broker.base import Log
from eventplatform.broker.memory import MemoryLog
from eventplatform.core.services import Service
from monitoring.streaming.errors import LoginNeededError, NotAllowedError, StreamsUnknownError
from monitoring.streaming.offers import STRANGER, Caller, Offers, offers
from tests.monitoring.streaming.rig import Rig, event, produce, served, stream, wait_until

ADA = Caller(user=1, teams=frozenset({"web"}))
BOB = Caller(user=2)
STREAMS = (
    stream("open", stream_out={"access": "public"}, stream_aliases=["o", "closed"]),
    stream("keyed", stream_out={"access": "token"}),
    stream("of.team", stream_out={"access": "token", "teams": ["web"]}),
    stream("closed", stream_out={"access": "none"}),
    stream("silent"),
    stream("odd", stream_out={"access": "everybody"}),
    stream("main.errors", stream_out={"access": "public"}),
    stream("own.errors", title="error", stream_out={"access": "public"}),
    stream("other.errors", title="error"),
    stream("eventplatform.rejected", stream_out={"access": "public"}),
)


def made(default: str) -> Offers:
    return offers(
        STREAMS, [Service("s", error_stream="main.errors")], default=default, closed=frozenset({"eventplatform.rejected"})
    )


@pytest.mark.parametrize(
    ("name", "caller", "default", "error"),
    [
        ("open", STRANGER, "none", None),
        ("o", STRANGER, "none", None),
        ("silent", STRANGER, "public", None),
        ("silent", STRANGER, "none", StreamsUnknownError),
        ("silent", ADA, "none", StreamsUnknownError),
        ("silent", STRANGER, "token", LoginNeededError),
        ("silent", BOB, "token", None),
        ("keyed", STRANGER, "public", LoginNeededError),
        ("keyed", BOB, "public", None),
        ("of.team", ADA, "none", None),
        ("of.team", BOB, "none", NotAllowedError),
        ("of.team", Caller(user=3, is_superuser=True), "none", None),
        ("of.team", STRANGER, "none", LoginNeededError),
        ("closed", ADA, "public", StreamsUnknownError),
        ("odd", ADA, "public", StreamsUnknownError),
        ("main.errors", STRANGER, "public", LoginNeededError),
        ("own.errors", STRANGER, "public", LoginNeededError),
        ("own.errors", BOB, "public", None),
        ("other.errors", BOB, "public", StreamsUnknownError),
        ("eventplatform.rejected", ADA, "public", StreamsUnknownError),
        ("/pattern/", ADA, "public", StreamsUnknownError),
        ("unknown", ADA, "public", StreamsUnknownError),
    ],
)
def test_offers__a_stream_for_a_caller__given_or_not(
    name: str, caller: Caller, default: str, error: type[Exception] | None
) -> None:
    if error is None:
        assert made(default).wanted([name], caller)
        return
    with pytest.raises(error):
        made(default).wanted([name], caller)


def test_offers__listed__only_what_one_may_read() -> None:
    def names(caller: Caller) -> set[str]:
        return {one.stream.name for one in made("none").of(caller)}

    assert names(STRANGER) == {"open"}
    assert names(BOB) == {"open", "keyed", "main.errors", "own.errors"}
    assert names(ADA) == {"open", "keyed", "of.team", "main.errors", "own.errors"}


PERSONAL: dict[str, Any] = {"ip": "198.51.100.7", "user": "Ada Lovelace", "http": {"user_agent": "Mozilla/5.0 (X11)"}}


@pytest.fixture
def log() -> MemoryLog:
    opened = MemoryLog()
    for name in ("pages", "kept", "own.errors", "private"):
        opened.create_topic(name)
    return opened


@pytest.fixture
def rig(log: MemoryLog) -> Iterator[Rig]:
    kept = stream("kept", stream_out={"privacy": {"ip": "keep", "user_agent": "keep", "name": "as_marked"}})
    errors = stream("own.errors", title="error", stream_out={"access": "token"})
    with served(log, stream("pages"), kept, errors, stream("private", stream_out={"access": "token"})) as opened:
        opened.footing.callers["Bearer ada"] = Caller(user=1, may_see_personal=True)
        opened.footing.callers["Bearer bob"] = BOB
        yield opened


def test_personal_data__for_a_stranger__is_gone(rig: Rig, log: Log) -> None:
    with rig.follow("/v2/stream/pages") as client:
        produce(log, "pages", [event(1, **PERSONAL)])

        (found,) = client.events(1)

    assert found.keys() == {"$schema", "meta", "n", "http"}
    assert found["http"] == {}


def test_personal_data__for_who_may_see_it__is_there(rig: Rig, log: Log) -> None:
    with rig.follow("/v2/stream/pages", Authorization="Bearer ada") as client:
        produce(log, "pages", [event(1, **PERSONAL)])

        (found,) = client.events(1)

    assert {name: found[name] for name in PERSONAL} == PERSONAL


def test_personal_data__as_the_stream_says__kept_or_hashed(rig: Rig, log: Log) -> None:
    with rig.follow("/v2/stream/kept") as client:
        produce(log, "kept", [event(1, **PERSONAL)])

        (found,) = client.events(1)

    assert found["ip"] == PERSONAL["ip"]
    assert found["http"] == PERSONAL["http"]
    assert len(found["user"]) == 32


@pytest.mark.parametrize("filter_", ["ip=198.51.100.7", "user^=Ada", "http.user_agent?"])
def test_filter__on_what_is_hidden__finds_nothing(rig: Rig, log: Log, filter_: str) -> None:
    with rig.follow(f"/v2/stream/pages?filter={filter_}") as client, rig.follow("/v2/stream/pages?filter=n>0") as other:
        produce(log, "pages", [event(1, **PERSONAL)])
        assert other.numbers(1) == [1]
        rig.on_loop(lambda: rig.server.service.hub.end_where(lambda _: True, "test"))

        assert [one.name for one in client.messages() if one.name] == ["end"]


def test_error_stream__without_the_right__comes_without_the_refused_event(rig: Rig, log: Log) -> None:
    with rig.follow("/v2/stream/own.errors", Authorization="Bearer bob") as client:
        produce(log, "own.errors", [event(1, raw_event='{"ip":"198.51.100.7"}', message="it broke")])

        (found,) = client.events(1)

    assert "raw_event" not in found
    assert b"198.51" not in orjson.dumps(found)
    assert found["message"] == "it broke"


def test_token__unknown__401_with_challenge_and_no_stream_told(rig: Rig) -> None:
    status, headers, body = rig.get("/v2/stream/pages", Authorization="Bearer nobody")

    assert (status, headers["www-authenticate"]) == (401, 'Bearer realm="streams"')
    assert orjson.loads(body)["code"] == "stream_out.bad_token"


def test_configuration__closes_a_stream__its_clients_are_ended(rig: Rig) -> None:
    with rig.follow("/v2/stream/private", Authorization="Bearer bob") as client, rig.follow("/v2/stream/pages") as other:
        rig.footing.configure([stream("pages"), stream("private", stream_out={"access": "none"})])

        (end,) = [one for one in client.messages() if one.name]
        assert (end.name, end.data["reason"]) == ("end", "access")
        assert other.answer.readline() == b":ok\n"
        assert rig.clients() == 1
        assert rig.get("/v2/stream/private", Authorization="Bearer bob")[0] == 400


def test_account__loses_a_right__its_clients_are_ended(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.streaming.service._ACCOUNTS_SECONDS", 0.1)
    with rig.follow("/v2/stream/pages", Authorization="Bearer ada") as client:
        rig.footing.callers["Bearer ada"] = Caller(user=1)

        (end,) = [one for one in client.messages() if one.name]
        assert (end.name, end.data["reason"]) == ("end", "access")


def test_page__for_a_stranger__names_no_stream_that_is_not_theirs(rig: Rig) -> None:
    everything = b"".join(rig.get(path)[2] for path in ("/v2/ui", "/?spec", "/?doc", "/v2/ui?streams=private"))

    assert b"pages" in everything
    assert b"private" not in everything
    assert b"own.errors" not in everything
    assert b"private" in rig.get("/v2/ui", Authorization="Bearer bob")[2]


def test_metrics__of_the_role__name_no_stream(rig: Rig, log: Log) -> None:
    from prometheus_client import REGISTRY, generate_latest

    with rig.follow("/v2/stream/private", Authorization="Bearer bob") as client:
        produce(log, "private", [event(1), b"no json"])
        client.events(1)
        rig.get("/v2/stream/unheard.of")
    wait_until(lambda: rig.clients() == 0)

    lines = [line for line in generate_latest(REGISTRY).decode().splitlines() if "stream_out" in line]
    assert any("stream_out_events_total" in line for line in lines)
    assert not any("private" in line or "unheard" in line or "127.0.0.1" in line for line in lines)
