"""Which service a request means, and what it is judged by there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eventplatform.core.door_rules import DoorRules, PrivacyRules
from eventplatform.core.results import EventResult
from eventplatform.core.services import Limits as ServiceLimits
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from eventplatform.guard.request_head import RequestHead
from intake.desks import Desks, ServiceUnknownError, host_of
from intake.limits import Limits
from tests.contracts.intake_doors import HandMade
from tests.intake.test_profile_ours import Fate

MAIN = Service("main", limits=ServiceLimits(max_events=5, max_body_bytes=10**9))
BROWSERS = Service("analytics-external", hosts=frozenset({"intake.example.org"}), origins=("https://en.wikipedia.org",))
STREAMS = {
    "page": Stream("page", "sample/test_event", "main", ("page",)),
    "click": Stream(
        "click",
        "sample/test_event",
        "analytics-external",
        ("click",),
        door=DoorRules(origins=("https://de.wikipedia.org",), privacy=PrivacyRules(ip="drop")),
    ),
}


def desks(**changes: Any) -> Desks:
    configuration = HandMade(streams=STREAMS, services={one.name: one for one in (MAIN, BROWSERS)})
    return Desks(configuration, **{"limits": Limits(), "services": (), "topic_prefix": "", **changes})


def headers(**given: str) -> RequestHead:
    return RequestHead(header=lambda name: given.get(name, ""))


def test_find__path_names_a_service__its_desk() -> None:
    assert desks().find(RequestHead(service="main")).service is MAIN


def test_find__path_names_none_of_ours__refused_with_its_name() -> None:
    with pytest.raises(ServiceUnknownError) as caught:
        desks(services=("main",)).find(RequestHead(service="analytics-external"))

    assert (caught.value.http_status, caught.value.facts["service"]) == (404, "analytics-external")


@pytest.mark.parametrize("host", ["intake.example.org", "Intake.Example.org:8001", " intake.example.org "])
def test_find__host_of_a_service__its_desk(host: str) -> None:
    assert desks().find(headers(host=host)).service is BROWSERS


def test_find__nothing_named__every_stream_is_taken() -> None:
    own = desks().find(headers(host="localhost:8001"))

    assert (own.service.name, list(own.gate.services)) == ("", [])
    assert (own.service_of("click"), own.service_of("nobody's")) == ("analytics-external", "")


def test_own__event_spooled__the_status_of_its_streams_service() -> None:
    services = {"main": replace(MAIN, spooled_status=201), BROWSERS.name: BROWSERS}
    found = Desks(HandMade(streams=STREAMS, services=services), limits=Limits(), services=(), topic_prefix="").own

    assert [found.profile.settled(Fate([EventResult(0, "spooled", "x", name)])).status for name in STREAMS] == [201, 202]


def test_find__process_of_one_service__that_is_its_own() -> None:
    own = desks(services=("main",)).find(RequestHead())

    assert (own.service, set(own.gate.services)) == (MAIN, {"main"})


def test_limits__of_a_service__never_more_than_the_process_allows() -> None:
    found = desks().find(RequestHead(service="main"))

    assert (found.limits.json.max_events, found.limits.max_body_bytes) == (5, Limits().max_body_bytes)


def test_origins__of_a_desk__its_service_s_and_those_of_its_streams() -> None:
    found = desks().find(RequestHead(service="analytics-external"))

    assert found.origins == {"https://en.wikipedia.org", "https://de.wikipedia.org"}


@pytest.mark.parametrize(("given", "host"), [("a:1", "a"), ("[::1]:8001", "[::1]"), ("", ""), ("A", "a")])
def test_host_of__header__without_its_port(given: str, host: str) -> None:
    assert host_of(given) == host
