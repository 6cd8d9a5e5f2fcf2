"""What a caller sees: events arrive as the contract says, and what doesn't is counted with its reason."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from eventclient import Dropped, OptionError, QueueFullError, connect
from tests.clients.python.producing.conftest import Connect
from tests.clients.python.producing.stub import Stub, soon, status

IN, OUT = "0" * 20, "f" * 20


def test_submit__three_lines__the_event_arrives_filled(stub: Stub, connected: Connect) -> None:
    events = connected()

    assert events.submit("test.event", {"test": "hello"})
    assert events.flush()

    [event] = stub.accepted
    assert event["$schema"] == "/sample/test_event/1.1.0"
    assert event["meta"]["stream"] == "test.event"
    assert len(event["meta"]["id"]) == 36
    assert event["dt"].endswith("Z")


@dataclass
class Click:
    test: str


class Typed:
    def to_event(self) -> dict[str, Any]:
        return {"test": "typed"}


def test_submit__a_dataclass_and_a_typed_event__as_mappings(stub: Stub, connected: Connect) -> None:
    events = connected()

    events.submit("test.event", Click("data"))
    events.submit("test.event", Typed())
    events.flush()

    assert [event["test"] for event in stub.accepted] == ["data", "typed"]


@pytest.mark.parametrize("event", [object(), 7, [1], {"a": object()}, {1: 2}, {"a": "\ud800"}, {"a": 2**64}])
def test_submit__no_json__counted_and_not_raised(connected: Connect, event: Any) -> None:
    events = connected()

    early = events.submit("test.event", event)
    assert events.wait_until_ready()
    later = events.submit("test.event", event)

    assert (early, later) == (False, False)
    assert events.stats().dropped == {"not_json": 2}


def test_submit__changed_afterwards__as_it_was(stub: Stub, connected: Connect) -> None:
    events = connected()
    event: dict[str, Any] = {"test": "before", "deep": {"a": [1]}}

    events.submit("test.event", event)
    event["test"] = "after"
    event["deep"]["a"].append(2)
    events.flush()

    assert (stub.accepted[0]["test"], stub.accepted[0]["deep"]) == ("before", {"a": [1]})


def test_submit__before_the_configuration__kept_in_order_and_judged_by_it(stub: Stub, connected: Connect) -> None:
    stub.is_silent = True
    events = connected(ordered=True)
    for number in range(500):
        assert events.submit("test.event", {"n": number})
    stub.wait_for(lambda: bool(stub.questions))

    stub.is_silent = False

    assert events.flush(10)
    assert stub.names == list(range(500))
    assert events.stats().submitted == events.stats().sent == 500


def test_sample__ids_of_the_call__in_and_out(stub: Stub, connected: Connect) -> None:
    events = connected()
    assert events.wait_until_ready()

    assert events.submit("sampled.event", {}, ids={"session": IN})
    assert not events.submit("sampled.event", {}, ids={"session": OUT})
    assert not events.submit("sampled.event", {})
    events.flush()

    assert len(stub.accepted) == 1
    assert events.stats().dropped == {"unsampled": 1, "consent": 1}
    assert events.stats().lost == 0


def test_instrument__live_and_in_sample__for_one_visitor(stub: Stub, connected: Connect) -> None:
    events = connected()
    assert events.wait_until_ready()
    inside, outside = events.visitor(ids={"session": IN}), events.visitor(ids={"session": OUT})

    assert inside.instrument("clicks").is_live
    assert inside.instrument("clicks").is_in_sample
    assert outside.instrument("clicks").why() == "unsampled"
    assert events.instrument("nobody").why() == "unconfigured"
    inside.instrument("clicks").submit("click", {"n": 1})
    events.flush()
    assert stub.names == [1]


def test_visitor__signals_as_a_map__those_that_are_set(stub: Stub, connected: Connect) -> None:
    stub.document["streams"]["test.event"]["heeds"] = ["gpc"]
    events = connected(config=stub.document)

    taken = [events.visitor(signals={"gpc": is_set}).submit("test.event", {}) for is_set in (False, True)]

    assert taken == [True, False]
    assert events.stats().dropped == {"privacy": 1}


def test_instrument__ended__closed_until_started(stub: Stub, connected: Connect) -> None:
    clicks = connected().visitor(ids={"session": IN}).instrument("clicks")

    clicks.end()
    assert not clicks.submit({"n": 1})
    clicks.start()
    assert clicks.submit({"n": 2})

    stub.wait_for(lambda: stub.names == [2])


def test_app__consent_taken_back__no_identifier_left(connected: Connect) -> None:
    store: dict[str, Any] = {}
    events = connected(platform="app", consent=True, store=store)
    assert events.wait_until_ready()
    events.submit("sampled.event", {})
    assert "session" in store

    events.set_consent(False)

    assert store == {}
    assert not events.submit("sampled.event", {})
    assert events.stats().dropped["consent"] == 1


def test_configuration__changed__obeyed_after_the_refresh(stub: Stub, connected: Connect) -> None:
    stub.document["refresh_seconds"] = 0.05
    events = connected()
    assert events.wait_until_ready()
    assert not events.submit("new.event", {})

    stub.publish(**{"new.event": stub.document["streams"]["test.event"]})

    soon(lambda: events.submit("new.event", {}))
    assert any("if-none-match" in question for question in stub.questions)


def test_configuration__file__holds_without_a_network(stub: Stub, connected: Connect, tmp_path: Path) -> None:
    file = tmp_path / "configuration.json"
    assert connected(config_file=file).wait_until_ready()
    soon(file.exists)
    stub.is_silent = True

    offline = connected(config_file=file)

    assert offline.submit("test.event", {"n": 1})
    assert offline.flush()
    assert stub.names == [1]


def test_configuration__given__nothing_is_asked(stub: Stub, connected: Connect) -> None:
    events = connected(config=stub.document)

    events.submit("test.event", {"n": 1})
    events.flush()

    assert stub.names == [1]
    assert stub.questions == []


def test_request__key_and_trace__in_headers_and_nowhere_else(
    stub: Stub, connected: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    events = connected(key="epk_secret")
    stub.faults.append(status(401, {"code": "key.unknown"}))
    events.submit("test.event", {"test": "content-of-it"})
    events.flush()

    events.visitor(headers={"traceparent": "00-a-b-01", "Cookie": "no"}).submit("test.event", {"n": 1})
    events.submit("test.event", {"n": 2})
    events.flush()

    by_event = {request.events[0].get("n"): request.headers for request in stub.requests}
    assert by_event[1]["traceparent"] == "00-a-b-01"
    assert by_event[1]["authorization"] == "Bearer epk_secret"
    assert "cookie" not in by_event[1]
    assert "traceparent" not in by_event[2]
    assert events.stats().dropped == {"key.unknown": 1}
    assert "epk_secret" not in caplog.text + repr(events.pipeline.options)
    assert "content-of-it" not in caplog.text


def test_debug__on__each_event_and_drop_in_the_log(stub: Stub, connected: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "eventclient")
    events = connected(debug=True, linger_seconds=60, config=stub.document)

    events.submit("test.event", {"test": "seen"})
    events.submit("sampled.event", {}, ids={"session": OUT})

    stub.wait_for(lambda: len(stub.accepted) == 1)
    assert stub.requests[0].headers["x-debug-id"] in caplog.text
    assert '"test":"seen"' in caplog.text
    assert "reason=unsampled" in caplog.text


def test_request__large__packed(stub: Stub, connected: Connect) -> None:
    events = connected()

    events.submit("test.event", {"test": "x" * 10_000})
    events.flush()

    assert stub.requests[0].headers["content-encoding"] == "gzip"
    assert stub.requests[0].size < 1_000
    assert stub.accepted[0]["test"] == "x" * 10_000


def test_batch__fifty_events_or_48_000_bytes__no_more(stub: Stub, connected: Connect) -> None:
    events = connected(linger_seconds=5)

    for _ in range(120):
        events.submit("test.event", {"test": "small"})
    for _ in range(10):
        events.submit("test.event", {"test": "x" * 20_000})
    events.flush()

    assert sum(len(request.events) for request in stub.requests) == 130
    assert all(len(request.events) <= 50 for request in stub.requests)
    assert all(len(request.body) <= 48_200 for request in stub.requests)


def test_full__oldest_dropped__told_with_reason_and_text(stub: Stub, connected: Connect) -> None:
    told: list[Dropped] = []
    events = connected(max_events=10, linger_seconds=60, on_dropped=told.append, config=stub.document)

    for number in range(15):
        assert events.submit("test.event", {"n": number})
    events.flush()

    assert stub.names == list(range(5, 15))
    assert [dropped.reason for dropped in told] == ["full"] * 5
    assert b'"n":0' in (told[0].event or b"")


def test_full__newest_dropped__false(stub: Stub, connected: Connect) -> None:
    events = connected(max_events=1, linger_seconds=60, when_full="drop_newest", config=stub.document)

    assert [events.submit("test.event", {"n": number}) for number in range(3)] == [True, False, False]


def test_full__raise__an_error_that_says_what_to_do(stub: Stub, connected: Connect) -> None:
    events = connected(max_events=1, linger_seconds=60, when_full="raise", config=stub.document)
    events.submit("test.event", {})

    with pytest.raises(QueueFullError, match="Flush"):
        events.submit("test.event", {})


def test_full__block__waits_for_room(stub: Stub, connected: Connect) -> None:
    events = connected(max_events=5, when_full="block", ordered=True, config=stub.document)

    assert [events.submit("test.event", {"n": number}) for number in range(50)] == [True] * 50
    events.flush()

    assert stub.names == list(range(50))


def test_on_dropped__dropped_by_the_client__names_the_remedy(stub: Stub, connected: Connect) -> None:
    told: list[Dropped] = []
    events = connected(on_dropped=told.append, config=stub.document)

    events.submit("test.event", {"test": {1, 2}})
    events.submit("nobody", {})

    assert [dropped.reason for dropped in told] == ["not_json", "unconfigured"]
    assert all(dropped.remedy for dropped in told)


@pytest.mark.parametrize("name", ["streams", "instruments", "force"])
def test_connect__text_in_place_of_a_list__said_at_once(stub: Stub, connected: Connect, name: str) -> None:
    with pytest.raises(OptionError, match=name):
        connected(**{name: "test.event"})


def test_on_dropped__raises__the_call_goes_on(stub: Stub, connected: Connect) -> None:
    def broken(_dropped: Dropped) -> None:
        raise RuntimeError

    assert not connected(on_dropped=broken, config=stub.document).submit("nobody", {})


@pytest.mark.parametrize(
    "options", [{"nonsense": 1}, {"max_events": 0}, {"when_full": "explode"}, {"key": "epk_1\n"}, {"config": {"streams": {}}}]
)
def test_connect__wrong_options__said_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        connect("http://127.0.0.1:1", **options)


def test_connect__no_address__said_at_once() -> None:
    with pytest.raises(OptionError, match="http"):
        connect("127.0.0.1:8000")


def test_close__afterwards__counted(stub: Stub, connected: Connect) -> None:
    events = connected(config=stub.document)
    events.submit("test.event", {"n": 1})

    assert events.close()
    assert not events.submit("test.event", {"n": 2})

    assert stub.names == [1]
    assert events.stats().dropped == {"client_closed": 1}


def test_configuration__a_moment_that_can_t_be_read__the_call_goes_on(stub: Stub, connected: Connect) -> None:
    stub.document["streams"]["test.event"]["changes"] = [{"at": "soon", "sample": {"unit": "session", "rate": 0}}]
    events = connected(config=stub.document)

    assert events.submit("test.event", {"n": 1})
