"""A request of several events, and what is said while nobody moves events on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from monitoring.models import RoleHeartbeat
from monitoring.trace.scanning import Bounds
from monitoring.trace.telling import as_text
from tests.monitoring.trace.conftest import MYSQL, NOW_MS, PLACE, World, event, find

pytestmark = pytest.mark.slow


def test_answer__request_of_three_events_and_a_refusal__all_of_them(world: World) -> None:
    for number in range(3):
        world.produce(event(f"event-{number}"), topic="codfw.other.event", request_id="r-1")
    world.produce(event("event-9"), request_id="r-2")
    world.set_aside(source="intake", name="main", event_id="event-3", request_id="r-1")

    found = find(world, "r-1", "request")

    assert sorted(one.event_id for one in found.seen) == ["event-0", "event-1", "event-2"]
    assert [one.event_id for one in found.refusals] == ["event-3"]


def test_answer__request_of_which_one_was_refused__red_though_the_other_arrived(world: World) -> None:
    world.produce(event("event-0"), request_id="r-1")
    world.set_aside(source="intake", name="main", service="main", event_id="event-1", request_id="r-1", offset=7)

    found = find(world, "r-1", "request")

    assert (found.state, found.number) == ("found", 2)
    assert found.way
    assert found.way.verdict.is_red
    assert found.way.event_id == "event-1"
    assert next(as_text(found)).startswith("One of 2 events: The intake refused it")


def test_answer__request_of_which_one_was_set_aside__red_though_the_first_arrived(world: World) -> None:
    world.produce(event("event-0"), request_id="r-1", at_ms=NOW_MS - 5)
    world.produce(event("event-1"), request_id="r-1")
    world.set_aside(offset=1)

    found = find(world, "r-1", "request")

    assert found.way
    assert found.way.event_id == "event-1"
    assert found.way.verdict.red
    assert found.way.verdict.red.name == "to_mysql"


def test_answer__request_found_on_the_way__kept_while_the_search_goes_on(world: World) -> None:
    world.produce(event("first"), at_ms=NOW_MS - 1000, request_id="r-1")
    world.fill(6000)
    world.produce(event("last"), request_id="r-1")
    world.bounds = Bounds(records=2000)

    found = find(world, "r-1", "request")
    assert [one.event_id for one in found.seen] == ["last"]
    while found.looked and found.looked.cursor:
        found = find(world, "r-1", "request", go_on=found.looked.cursor)

    assert [one.event_id for one in found.seen] == ["last", "first"]


@pytest.mark.parametrize("role", ["watcher", "worker"])
def test_answer__whoever_moves_events_is_silent__red_and_not_on_its_way(world: World, role: str) -> None:
    RoleHeartbeat.objects.create(role=role, beat_at=timezone.now() - timedelta(seconds=45))
    world.connectors = (replace(MYSQL, partitions=(replace(PLACE, next_offset=1),)),)
    world.produce(event("event-0"))
    world.produce(event("event-1"))

    stored, waits = find(world, "event-0"), find(world, "event-1")

    assert stored.way
    assert stored.way.verdict.headline == "It arrived everywhere."
    assert waits.way
    assert waits.way.verdict.headline.startswith("It stopped at to_mysql")
    assert "silent for 45 s" in waits.way.verdict.why
    assert "nothing is lost" in waits.way.verdict.why
