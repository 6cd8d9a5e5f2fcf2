"""What a change does, told from two documents."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest

from streamconfig.configuration import document as documents
from streamconfig.configuration.changes import changes_between
from streamconfig.configuration.effects import CODES, Effect, as_json, effects_of

DOCUMENT: dict[str, Any] = {
    "defaults": {"consumers": {"warehouse": {"enabled": True}}},
    "streams": {
        "page.change": {"schema_title": "page/change", "about": {"owner": "platform", "sensitivity": "internal"}},
        "ui.click": {
            "schema_title": "ui/click",
            "sample": {"unit": "session", "rate": 0.1},
            "about": {"owner": "web", "expires_on": "2027-01-01"},
        },
    },
    "teams": {"web": {"title": "Web"}},
    "overrides": {"+large": {"streams": {"ui.click": {"sample": {"rate": 0.01}}}}},
    "instruments": {"menu": {"stream": "ui.click", "sample": {"unit": "session", "rate": 0.1}}},
}


def effects(edit: Callable[[dict[str, Any]], object]) -> tuple[Effect, ...]:
    """What an edit of the document above does."""
    after = copy.deepcopy(DOCUMENT)
    edit(after)
    found = changes_between(DOCUMENT, after)
    assert found, "the edit changes nothing"
    return effects_of(documents.read(DOCUMENT), documents.read(after), found)


def codes(edit: Callable[[dict[str, Any]], object]) -> set[str]:
    return {one.code for one in effects(edit)}


def put(section: str, name: str, *path: str, value: Any) -> Callable[[dict[str, Any]], object]:
    def edit(document: dict[str, Any]) -> None:
        holder = document.setdefault(section, {}).setdefault(name, {})
        for key in path[:-1]:
            holder = holder.setdefault(key, {})
        holder[path[-1]] = value

    return edit


def click(*path: str, value: Any) -> Callable[[dict[str, Any]], object]:
    return put("streams", "ui.click", *path, value=value)


def rate(edit: Callable[[dict[str, Any]], object], code: str = "rate_up") -> float | None:
    (found,) = [one for one in effects(edit) if one.code == code]
    return found.factor


def turn(document: dict[str, Any]) -> None:
    document["streams"] = dict(reversed(list(document["streams"].items())))


HEADERS = ("producers", "eventgate", "enrich_fields_from_http_headers")


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (click("sample", "rate", value=0.3), {"rate_up"}),
        (click("sample", "rate", value=0.05), {"rate_down"}),
        (click("sample", "unit", value="device"), {"rate_up"}),
        (click("sample", value={"rate": 0.1}), {"rate_up"}),
        (click("sample", "other", value=1), {"settings"}),
        (click("ramp", value=[{"at": "2027-01-01T00:00:00Z", "rate": 0.1}]), {"settings"}),
        (click("title", value="Not one of our words"), {"settings"}),
        (click("description", value="Nor this"), {"settings"}),
        (put("streams", "page.change", "sample", value={"unit": "session", "rate": 1}), {"settings"}),
        (put("streams", "page.change", "sample", value={"unit": "session", "rate": 0.5}), {"rate_down"}),
        (click("is_enabled", value=False), {"switched_off"}),
        (click("windows", value=[{"from": "2027-01-01T00:00:00Z"}]), {"window"}),
        (click("late_events", value={"action": "drop"}), {"window"}),
        (click("ramp", value=[{"at": "2027-01-01T00:00:00Z", "rate": 0.5}]), {"rate_up"}),
        (click("ramp", value=[{"at": "2027-01-01T00:00:00Z", "rate": 0.05}]), {"rate_down"}),
        (click("schema_title", value="ui/other"), {"schema"}),
        (click("topics", value=["a"]), {"wiring"}),
        (click("destination_event_service", value="main"), {"wiring"}),
        (click("message_key_fields", value={"a": "b"}), {"wiring"}),
        (click("log", value={"partitions": 6}), {"wiring"}),
        (click("log", value={"retention_hours": 6}), {"retention"}),
        (click("consumers", "warehouse", "retention_days", value=30), {"retention"}),
        (click("consumers", "warehouse", "ttl_seconds", value=30), {"retention"}),
        (click("consumers", "warehouse", "enabled", value=False), {"stores"}),
        (click(*HEADERS, "http.request_headers.user-agent", value="user-agent"), {"headers"}),
        (click("about", "sensitivity", value="public"), {"sensitivity"}),
        (click("about", "purpose", value="To know"), {"about"}),
        (click("about", "owner", value="platform"), {"owner"}),
        (click("about", "expires_on", value="2028-01-01"), {"expiry"}),
        (click("canary_events_enabled", value=False), {"settings"}),
        (put("defaults", "consumers", "warehouse", "enabled", value=False), {"defaults"}),
        (lambda one: one["streams"].pop("ui.click"), {"removed_stream"}),
        (put("streams", "new", "schema_title", value="a"), {"new_stream"}),
        (put("teams", "web", "title", value="W"), {"teams"}),
        (put("services", "main", "title", value="Main"), {"services"}),
        (put("sites", "en", "tags", value=["large"]), {"sites"}),
        (put("policies", "all", "effects", value=["*"]), {"policies"}),
        (put("instruments", "menu", "sample", "rate", value=0.2), {"rate_up"}),
        (put("instruments", "menu", "audience", value={"sites": ["en"]}), {"instrument"}),
        (put("instruments", "menu", "stream", value="page.change"), {"wiring"}),
        (put("instruments", "menu", "title", value="Menu"), {"about"}),
        (put("instruments", "menu", "is_enabled", value=False), {"switched_off"}),
        (put("instruments", "other", "stream", value="ui.click"), {"new_instrument"}),
        (lambda one: one["instruments"].pop("menu"), {"removed_instrument"}),
        (put("overrides", "+large", "reason", value="Enough"), {"override"}),
        (put("overrides", "+large", "streams", value={"ui.click": {"sample": {"rate": 0.1}}}), {"override", "rate_up"}),
        (turn, {"order"}),
    ],
)
def test_effects__each_kind_of_change__has_its_code(edit: Callable[[dict[str, Any]], object], expected: set[str]) -> None:
    assert codes(edit) == expected
    assert expected <= set(CODES)


def test_stream_out__opened__is_personal() -> None:
    (found,) = effects(put("streams", "ui.click", "stream_out", "access", value="public"))

    assert (found.code, found.is_personal) == ("privacy", True)


def test_rate__three_times_as_much__has_the_factor() -> None:
    assert rate(click("sample", "rate", value=0.3)) == pytest.approx(3)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"rate": 0}, {"rate": 0.01}, math.inf),
        ({"rate": 0.5, "unit": "session"}, {"rate": 0.5, "unit": "device"}, math.inf),
        ({"rate": 0.5, "unit": "session"}, {"rate": 0.5}, math.inf),
        ({"rate": 0.5}, {"rate": 0.5, "unit": "session"}, math.inf),
        ({"rate": 0.25}, None, 4.0),
    ],
)
def test_rate__from_nothing_or_of_something_else__has_no_bound(before: Any, after: Any, expected: float) -> None:
    old, new = ({"streams": {"s": {"sample": sample}}} for sample in (before, after))

    found = effects_of(documents.read(old), documents.read(new), changes_between(old, new))

    assert [(one.code, one.factor) for one in found] == [("rate_up", expected)]


def test_rate__raised_while_switched_off__is_told_all_the_same() -> None:
    old = {"streams": {"s": {"is_enabled": False, "sample": {"rate": 0.1}}}}
    new = {"streams": {"s": {"is_enabled": False, "sample": {"rate": 1}}}}

    (found,) = effects_of(documents.read(old), documents.read(new), changes_between(old, new))

    assert (found.code, found.factor) == ("rate_up", 10)


def test_rate__by_the_defaults__is_told_with_the_most_that_any_stream_rises() -> None:
    old = {"defaults": {"sample": {"rate": 0.1}}, "streams": {"a": {}, "b": {"sample": {"rate": 0.5}}}}
    new = {**old, "defaults": {"sample": {"rate": 0.5}}}

    found = effects_of(documents.read(old), documents.read(new), changes_between(old, new))

    assert [(one.code, one.factor) for one in found] == [("defaults", None), ("rate_up", 5)]


def test_rate__override_removed__rises_to_what_the_plain_document_has() -> None:
    found = [one for one in effects(lambda one: one["overrides"].pop("+large")) if one.code == "rate_up"]

    assert [one.factor for one in found] == [pytest.approx(10)]


def test_rate__override_that_replaces__is_judged_by_what_it_says_alone() -> None:
    """Without a plus nothing of the plain stream stays: no sampling means everybody."""
    edit = put("overrides", "enwiki", "streams", value={"ui.click": {"schema_title": "ui/click"}})

    assert rate(edit) == pytest.approx(10)


@pytest.mark.parametrize(
    ("header", "is_personal"),
    [("user-agent", True), ("x-client-ip", True), ("x-geoip-country", True), ("cookie", True), ("x-request-id", False)],
)
def test_headers__of_people__are_personal(header: str, *, is_personal: bool) -> None:
    (found,) = effects(click(*HEADERS, "http.header", value=header))

    assert (found.code, found.is_personal) == ("headers", is_personal)


def test_headers__no_longer_kept__are_not_personal() -> None:
    (found,) = effects(click(*HEADERS, "http.request_headers.user-agent", value=False))

    assert (found.code, found.is_personal) == ("headers", False)


def test_headers__of_a_new_stream_and_of_an_override__are_told_too() -> None:
    headers = {"producers": {"eventgate": {"enrich_fields_from_http_headers": {"ip": "x-client-ip"}}}}

    assert "headers" in codes(lambda one: one["streams"].update(new=headers))
    assert "headers" in codes(put("overrides", "+large", "streams", value={"ui.click": headers}))
    assert "headers" in codes(lambda one: one["defaults"].update(headers))


def test_effects__know_the_team_whose_item_it_is() -> None:
    (of_stream,) = effects(click("sample", "rate", value=0.2))
    (of_instrument,) = effects(put("instruments", "menu", "sample", "rate", value=0.2))

    assert (of_stream.owner, of_instrument.owner) == ("web", "web")


@pytest.mark.parametrize(
    "edit",
    [
        click("sample", "unit", value="session "),
        click("sample", "unit", value=None),
        click("sample", value=None),
        click("ramp", value=[]),
        click("is_enabled", value=True),
        put("instruments", "menu", "sample", "other", value=1),
        put("instruments", "menu", "ramp", value=[]),
    ],
)
def test_effects__whatever_differs__has_one(edit: Callable[[dict[str, Any]], object]) -> None:
    """A change without an effect would want no approval."""
    assert codes(edit)


def test_as_json__without_bound__is_json() -> None:
    (found,) = effects(put("instruments", "other", "stream", value="ui.click"))

    assert (as_json(found)["factor"], as_json(found)["is_unbounded"]) == (None, True)


def test_partitions__grown__says_that_keys_move() -> None:
    (found,) = effects(click("log", value={"partitions": 6}))

    assert "Keys move to other partitions" in found.text
