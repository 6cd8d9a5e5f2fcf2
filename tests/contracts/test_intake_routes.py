"""What the intake's own address answers beside `/v1/events`, in both profiles."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from drf_spectacular.validation import validate_schema

from eventplatform.core.services import EventGateRules, Service
from tests.contracts.intake_doors import GOOD, Platform, Reply, dump, event, platform

OURS = Service("main")
EXACT = Service("main", profile="eventgate")
FREE = Service("main", profile="eventgate", eventgate=EventGateRules(needs_streams=False))


@pytest.fixture
def intake(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    yield from platform("lane", monkeypatch, getattr(request, "param", OURS))


both = pytest.mark.parametrize("intake", [OURS, EXACT], indirect=True, ids=["ours", "eventgate"])
exact = pytest.mark.parametrize("intake", [EXACT], indirect=True, ids=["eventgate"])


def ask(intake: Platform, path: str, method: str = "GET", **headers: str) -> Reply:
    return intake.door.send(method, path, b"", headers)


@both
@pytest.mark.parametrize("prefix", ["", "/main"])
def test_info__any_part__told(intake: Platform, prefix: str) -> None:
    everything = ask(intake, f"{prefix}/_info").json

    assert list(everything) == ["name", "version", "description", "home"]
    assert ask(intake, f"{prefix}/_info/").json == everything
    assert ask(intake, f"{prefix}/_info/name").json == {"name": everything["name"]}
    assert ask(intake, f"{prefix}/_info/version").json == {"version": everything["version"]}
    assert ask(intake, f"{prefix}/_info/nothing").status == 404


@both
def test_info_home__known__leads_there(intake: Platform) -> None:
    reply = ask(intake, "/_info/home")

    assert (reply.status, reply.headers["location"]) == (301, "https://platform.example")


@both
def test_robots__nowhere_to_go(intake: Platform) -> None:
    reply = ask(intake, "/robots.txt")

    assert (reply.status, reply.body) == (200, b"User-agent: *\nDisallow: /\n")


@both
def test_stream_configs__all__those_of_the_service(intake: Platform) -> None:
    listed = ask(intake, "/v1/stream-configs").json

    assert {"test.event", "keyed.event"} <= set(listed)
    assert "elsewhere.event" not in listed
    assert listed["test.event"] == {"schema_title": "sample/test_event"}


@both
@pytest.mark.parametrize("names", ["test.event,keyed.event,nowhere", "test.event|keyed.event", "test.event%7Ckeyed.event"])
def test_stream_configs__named__unknown_ones_left_out(intake: Platform, names: str) -> None:
    assert list(ask(intake, f"/v1/stream-configs/{names}").json) == ["test.event", "keyed.event"]


@pytest.mark.parametrize("intake", [FREE], indirect=True)
def test_stream_configs__service_that_has_none__404(intake: Platform) -> None:
    assert ask(intake, "/v1/stream-configs").status == 404


@both
@pytest.mark.parametrize("prefix", ["", "/main"])
@pytest.mark.parametrize("query", ["spec", "spec=", "spec=1&x=2"])
def test_spec__any_value__valid_openapi(intake: Platform, query: str, prefix: str) -> None:
    reply = ask(intake, f"{prefix}/?{query}")

    validate_schema(reply.json)  # type: ignore[no-untyped-call]  # the library has no types
    assert reply.json["servers"] == [{"url": prefix or "/"}]
    assert "post" in reply.json["paths"]["/v1/events"]


@both
def test_doc__page__needs_nothing_from_elsewhere_and_its_style_is_allowed(intake: Platform) -> None:
    reply = ask(intake, "/?doc")
    page = reply.body.decode()

    [style] = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in reply.headers["content-security-policy"]
    assert not re.search("<script|src=|url\\(|style=", page)
    assert "/v1/events" in page


@both
@pytest.mark.parametrize("path", ["/", "/?other", "/nothing", "/v1", "/main", "/main/", "/static/x", "/elsewhere/_info"])
def test_other__404(intake: Platform, path: str) -> None:
    assert ask(intake, path).status == 404


@exact
def test_other__exact_profile__the_page_of_express(intake: Platform) -> None:
    reply = ask(intake, "/v1/<b>?x=1")

    assert "<pre>Cannot GET /v1/%3Cb%3E</pre>" in reply.body.decode()
    assert reply.headers["content-type"] == "text/html; charset=utf-8"


def test_post_to_a_page__ours__405(intake: Platform) -> None:
    reply = ask(intake, "/_info", "POST")

    assert (reply.status, reply.headers["allow"], reply.json["code"]) == (405, "GET, HEAD", "method.not_allowed")


@exact
def test_post_to_a_page__exact_profile__404(intake: Platform) -> None:
    assert ask(intake, "/_info", "POST").status == 404


@both
def test_options_of_a_page__what_it_takes(intake: Platform) -> None:
    reply = ask(intake, "/_info", "OPTIONS")

    assert (reply.status, reply.headers["allow"], reply.body) == (200, "GET,HEAD", b"GET,HEAD")


@both
def test_test_events__none_configured__404(intake: Platform) -> None:
    assert ask(intake, "/v1/_test/events").status == 404


def configured(monkeypatch: pytest.MonkeyPatch, service: Service, events: Any) -> Iterator[Platform]:
    for one in platform("lane", monkeypatch, service):
        one.intake._test_events = dump(events)  # as settings would have it
        yield one


def told(reply: Reply) -> Mapping[str, Any]:
    return reply.json if reply.body else {}


@pytest.mark.parametrize("service", [OURS, EXACT], ids=["ours", "eventgate"])
@pytest.mark.parametrize("path", ["/v1/_test/events", "/main/v1/_test/events", "/v1/_test/events/"])
def test_test_events__configured__go_the_way_of_every_post(
    monkeypatch: pytest.MonkeyPatch, service: Service, path: str
) -> None:
    for one in configured(monkeypatch, service, [GOOD]):
        first, second = ask(one, path), ask(one, path)

        assert (first.status, second.status) == (201, 201)
        assert len({record.value for record in one.records()}) == 2  # each time with an id of its own


@pytest.mark.parametrize(("service", "key"), [(OURS, "results"), (EXACT, "invalid")], ids=["ours", "eventgate"])
def test_test_events__invalid__told_as_to_a_post(monkeypatch: pytest.MonkeyPatch, service: Service, key: str) -> None:
    for one in configured(monkeypatch, service, event(test=5)):
        reply = ask(one, "/v1/_test/events")

        assert (reply.status, key in told(reply)) == (400, True)
        assert ask(one, "/v1/_test/events?hasty=true").status == 202
        assert ask(one, "/v1/_test/events", "POST").status == 404
