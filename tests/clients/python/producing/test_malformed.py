"""Configurations that are malformed somewhere: a call never raises, and what is right beside it goes on."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest

from eventclient import OptionError, aio, connect
from eventclient.contract.configuration import Configuration
from eventclient.producing.calls import Call, now_ms
from eventclient.producing.jobs import Send
from eventclient.producing.judging import Judge
from eventclient.producing.options import Options
from eventclient.producing.pipeline import Pipeline
from eventclient.producing.posting import host_of
from eventclient.producing.visitors import Visitor
from tests.clients.python.producing.conftest import Connect
from tests.clients.python.producing.stub import Stub

NO_ADDRESS = "http://[bad"
DOCUMENT: dict[str, Any] = {
    "contract": 1,
    "revision": 1,
    "refresh_seconds": 60,
    "intakes": {"main": "http://intake/v1/events"},
    "streams": {
        "right": {"schema": "/a/1.0.0", "service": "main", "fields": ["meta.id"]},
        "a": {
            "schema": "/a/1.0.0",
            "service": "main",
            "sample": {"unit": "session", "rate": 1},
            "changes": [{"at": "2026-01-01T00:00:00Z", "sample": {"unit": "session", "rate": 1}}],
            "heeds": ["gpc"],
            "fields": ["meta.id", "dt", "page.id"],
            "older": {"/a/0.9.0": ["meta.id"]},
            "curation": {"page_id": {"in": [7]}},
        },
    },
    "instruments": {
        "i": {
            "stream": "a",
            "sample": {"unit": "session", "rate": 1},
            "changes": [],
            "audience": {"sites": ["x"], "except_sites": ["y"], "platforms": ["service"], "is_logged_in": None},
            "fields": ["page.id"],
            "older": {"/a/0.9.0": ["page.id"]},
        }
    },
}
VISITOR = Visitor(site="x", ids={"session": "0" * 20}, context={"page": {"id": 7}}, signals=frozenset({"dnt"}))
VALUES: tuple[Any, ...] = (
    None,
    True,
    7,
    0.5,
    "",
    "text",
    [],
    [7],
    [None],
    [{}],
    [[]],
    {},
    {"a": 7},
    {"page_id": None},
    {"page_id": [7]},
)


def _places(at: Any, *path: str) -> list[tuple[str, ...]]:
    """Each key of the document, above and within, but for the stream that is right."""
    below = at.items() if isinstance(at, dict) else ()
    return [
        place
        for name, value in below
        if name != "right"
        for place in ((*path, name), *_places(value, *path, name))
        if place not in {("contract",), ("streams",)}  # without these it is none
    ]


def _with(place: tuple[str, ...], value: Any) -> dict[str, Any]:
    made = copy.deepcopy(DOCUMENT)
    at = made
    for name in place[:-1]:
        at = at[name]
    at[place[-1]] = value
    return made


def _pipeline(document: dict[str, Any], **options: Any) -> Pipeline:
    return Pipeline(Options.of(options), Judge(), configuration=Configuration(document))


def _call(**to: Any) -> Call:
    return Call({"$schema": "/a/0.9.0"}, VISITOR, now_ms(), **to)


def _events(pipeline: Pipeline) -> int:
    job = pipeline.next()
    return len(job.items) if isinstance(job, Send) else 0


@pytest.mark.parametrize("place", _places(DOCUMENT), ids="/".join)
def test_submit__malformed_there__never_raises_and_others_go(place: tuple[str, ...]) -> None:
    for value in VALUES:
        pipeline = _pipeline(_with(place, value), linger_seconds=0)

        taken = [
            pipeline.submit(_call(stream="a")),
            pipeline.submit(_call(instrument="i")),
            pipeline.submit(_call(stream="right")),
        ]

        stats = pipeline.counted()
        assert stats.submitted == sum(taken) + stats.dropped.total() == 3
        assert "not_json" not in stats.dropped, value
        if place[0] != "intakes":
            assert taken[-1], value
        if sum(taken):
            pipeline.fetched(304, {}, None, 0.0)
            assert _events(pipeline) == sum(taken)


@pytest.mark.parametrize(
    ("place", "value", "outcome"),
    [
        (("streams", "a"), 3, "unconfigured"),
        (("streams", "a", "service"), ["main"], "unconfigured"),
        (("streams", "a", "heeds"), 7, "unconfigured"),
        (("streams", "a", "heeds"), "gpc", "unconfigured"),
        (("streams", "a", "heeds"), [7, {}], None),
        (("streams", "a", "fields"), 7, None),
        (("streams", "a", "fields"), [7, {}, "dt"], None),
        (("streams", "a", "older"), 7, None),
        (("streams", "a", "older"), ["/a/0.9.0"], None),
        (("streams", "a", "curation"), 7, "curation"),
        (("streams", "a", "curation"), {"page_id": 7}, "curation"),
        (("instruments", "i"), 3, "unconfigured"),
        (("instruments", "i", "stream"), 7, "unconfigured"),
        (("instruments", "i", "audience"), 7, "audience"),
        (("instruments", "i", "audience", "sites"), 7, "audience"),
        (("instruments", "i", "audience", "except_sites"), 7, "audience"),
        (("instruments", "i", "audience", "platforms"), "service", "audience"),
        (("instruments", "i", "fields"), 7, None),
        (("intakes", "main"), 7, "unconfigured"),
        (("intakes", "main"), "", "unconfigured"),
        (("intakes",), [], "unconfigured"),
    ],
)
def test_submit__a_part_that_can_t_be_read__its_outcome(place: tuple[str, ...], value: Any, outcome: str | None) -> None:
    pipeline = _pipeline(_with(place, value))

    pipeline.submit(_call(instrument="i"))

    assert dict(pipeline.stats.dropped) == ({outcome: 1} if outcome else {})


def test_fields__that_can_t_be_read__those_beside_them_are_filled() -> None:
    pipeline = _pipeline(_with(("streams", "a", "fields"), [7, {}, "page.id"]), debug=True)
    pipeline.submit(_call(stream="a")._replace(event={}))
    pipeline.fetched(304, {}, None, 0.0)

    job = pipeline.next()

    assert isinstance(job, Send)
    assert b'"page":{"id":7}' in job.items[0].text


def test_early_calls__the_first_answer_is_malformed__judged_and_the_rest_goes(stub: Stub, connected: Connect) -> None:
    entry = stub.document["streams"]["test.event"]
    stub.publish(**{"test.event": entry, "bad.event": {**entry, "heeds": 7}, "odd.event": {**entry, "fields": 7}})
    events = connected()

    for name in ("bad.event", "odd.event", "test.event"):
        assert events.submit(name, {"n": name})

    assert events.flush()
    assert stub.names == ["odd.event", "test.event"]
    assert events.stats().dropped == {"unconfigured": 1}


def test_intake__named_no_longer__what_waits_goes_to_its_last_address() -> None:
    pipeline = _pipeline(DOCUMENT, linger_seconds=0)
    pipeline.submit(_call(stream="right"))

    pipeline.fetched(200, {}, {**DOCUMENT, "intakes": {}}, 0.0)

    job = pipeline.next()
    assert isinstance(job, Send)
    assert job.url == "http://intake/v1/events"


def test_intake__address_that_is_none__tried_and_given_up(stub: Stub, connected: Connect) -> None:
    stub.document["intakes"]["other"] = NO_ADDRESS
    events = connected(config=stub.document, tries=1, in_flight=1)

    for n in range(3):
        events.submit("other.event", {"n": n})
        assert events.flush()
    events.submit("test.event", {"n": 7})

    assert events.flush()
    assert events.stats().dropped == {"gave_up": 3}
    assert stub.names == [7]


def test_intake__address_that_is_none_and_asyncio__the_same(stub: Stub) -> None:
    async def scenario() -> aio.AsyncClient:
        async with aio.connect(stub.url, config=stub.document, tries=1, in_flight=1, linger_seconds=0.02) as events:
            for n in range(3):
                events.submit("other.event", {"n": n})
                assert await events.flush()
            events.submit("test.event", {"n": 7})
            assert await events.flush()
            return events

    stub.document["intakes"]["other"] = NO_ADDRESS
    events = asyncio.run(scenario())

    assert events.stats().dropped == {"gave_up": 3}
    assert stub.names == [7]


def test_host_of__an_address_with_an_account_and_none__without_it() -> None:
    assert [host_of("http://a:b@h:1/x"), host_of(NO_ADDRESS)] == ["h:1", ""]


def test_connect__address_that_is_none__said_at_once() -> None:
    with pytest.raises(OptionError, match="address"):
        connect(NO_ADDRESS)
