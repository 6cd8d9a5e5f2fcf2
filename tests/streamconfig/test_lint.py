"""Lint of the configuration: each rule on a small document, and all of them on the production file."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from streamconfig.configuration import document
from streamconfig.lint import linter
from streamconfig.lint.finding import Finding
from tests.cpu import least_seconds

AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
WELL = {"schema_title": "t", "destination_event_service": "main"}
SAID = {"owner": "web", "purpose": "p", "contact": "c", "expires_on": "2027-01-01", "sensitivity": "internal"}

PERSONAL = {"about": {**SAID, "sensitivity": "personal"}, "intake": {"privacy": {"ip": "truncate"}}}


def lint(given: dict[str, Any], **known: Any) -> tuple[Finding, ...]:
    return linter.lint(document.read(given), at=AT, **known)


def of_stream(own: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"streams": {"s": {**WELL, "about": SAID, **own}}, **more}


def of_instrument(own: dict[str, Any], **more: Any) -> dict[str, Any]:
    ended = {name: value for name, value in SAID.items() if name != "sensitivity"}
    return {"streams": {"s": {**WELL, "about": SAID}}, "instruments": {"i": {"stream": "s", **ended, **own}}, **more}


def headers(**held: Any) -> dict[str, Any]:
    return {"producers": {"eventgate": {"enrich_fields_from_http_headers": held}}}


def provided(*names: str) -> dict[str, Any]:
    return {"producers": {"metrics_platform_client": {"provide_values": list(names)}}}


TEAMS = {"teams": {"web": {"title": "Web"}}}
SITES = {"sites": {"enwiki": {"tags": ["large"]}}}
PAST, FUTURE = "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"

# What else is known: a schema that has nothing but page.title.
LACKING = {"has_field": lambda _title, attribute: attribute == "page_title"}

CASES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    # code, document, what else is known, where
    ("door.unknown_error_stream", of_stream({"intake": {"error_stream": "gone"}}), {}, "/intake/error_stream"),
    ("door.error_stream_schema", of_stream({"intake": {"error_stream": "s"}}), {}, "/intake/error_stream"),
    ("door.unknown_error_stream", of_stream({}, services={"main": {"error_stream": "gone"}}), {}, "/error_stream"),
    ("door.people_kept", of_stream({"about": {**SAID, "sensitivity": "personal"}}), {}, ""),
    ("service.same_host", of_stream({}, services={"main": {"hosts": ["a"]}, "b": {"hosts": ["a"]}}), {}, "/hosts"),
    ("service.open_to_all", of_stream({}, services={"main": {"audience": "external"}}), {}, ""),
    ("service.no_streams", of_stream({}, services={"main": {}, "other": {}}), {}, ""),
    ("service.unknown_source_stream", of_stream({}, services={"main": {"sources": {"x": "gone /a/1.0.0"}}}), {}, "/sources/x"),
    ("setting.near_miss", of_stream({"canary_events_enabed": True}), {}, "/canary_events_enabed"),
    ("setting.near_miss", of_stream({"sampel": {"rate": 1}}), {}, "/sampel"),
    ("setting.near_miss", of_stream({"sample": {"rates": 1}}), {}, "/sample/rates"),
    ("setting.near_miss", of_stream({"producers": {"event_gate": {}}}), {}, "/producers/event_gate"),
    ("setting.near_miss", of_stream({"consumers": {"x": {"enable": True}}}), {}, "/consumers/x/enable"),
    ("setting.near_miss", of_stream({}, defaults={"topic_prefix": ["a."]}), {}, "/topic_prefix"),
    ("setting.redundant", of_stream({"a": {"b": 1}}, defaults={"a": {"b": 1}}), {}, "/a/b"),
    ("list.clears_nothing", of_stream({"x": []}, defaults={"x": ["a"]}), {}, "/x"),
    ("list.clears_nothing", of_stream({"x": []}, defaults={"x": {"a": 1}}), {}, "/x"),
    (
        "list.keeps_tail",
        of_stream({"topic_prefixes": ["a."]}, defaults={"topic_prefixes": ["a.", "b."]}),
        {},
        "/topic_prefixes",
    ),
    ("attribute.unknown", of_stream(provided("page_namespace")), {}, "/producers/metrics_platform_client/provide_values/0"),
    (
        "attribute.duplicate",
        of_stream(provided("page_id", "page_id")),
        {},
        "/producers/metrics_platform_client/provide_values/1",
    ),
    ("stream.names_itself", of_stream({"stream": "s"}), {}, "/stream"),
    ("stream.names_another", of_stream({"stream": "other"}), {}, "/stream"),
    (
        "canary.no_service",
        of_stream({"canary_events_enabled": True, "destination_event_service": None}),
        {},
        "/canary_events_enabled",
    ),
    (
        "headers.not_marked_personal",
        of_stream({"about": {**SAID, "sensitivity": "internal"}, **headers(ua="User-Agent")}),
        {},
        "/producers/eventgate/enrich_fields_from_http_headers",
    ),
    ("topic.shared", {"streams": {"r": {**WELL, "topics": ["s"]}, "s": WELL}}, {}, "/topics"),
    ("topic.lookalike", {"streams": {"a.b": WELL, "a_b": WELL}}, {}, "/topics"),
    ("pattern.never_reached", {"streams": {"/^job\\..+/": WELL, "/^job\\.mail\\..+/": WELL}}, {}, ""),
    ("pattern.overlaps_names", {"streams": {"job.a": WELL, "/^job\\..+/": WELL}}, {}, ""),
    ("schema.not_set", {"streams": {"s": {}}}, {}, ""),
    ("schema.unknown_title", of_stream({}), {"titles": {"other"}}, "/schema_title"),
    ("service.unknown", of_stream({}, services={"analytics": {}}), {}, "/destination_event_service"),
    ("consumer.unknown", of_stream({"consumers": {"hive": {"enabled": True}}}), {"connectors": {"mysql"}}, "/consumers/hive"),
    ("consumer.unknown", of_stream({}, defaults={"consumers": {"hive": {}}}), {"connectors": set()}, "/consumers/hive"),
    ("override.unknown_site", of_stream({}, overrides={"+dewiki": {}}, **SITES), {}, ""),
    ("override.unknown_stream", of_stream({}, overrides={"+enwiki": {"streams": {"gone": {}}}}), {}, "/streams/gone"),
    ("audience.unknown_site", of_instrument({"audience": {"sites": ["enwiki", "x"]}}, **SITES), {}, "/audience/sites/1"),
    ("list.unknown_stream", of_stream({}), {"lists": {"the client": ["s", "gone"]}}, ""),
    ("owner.missing", of_stream({"about": {}}), {}, "/about/owner"),
    ("purpose.missing", of_stream({"about": {}}), {}, "/about/purpose"),
    ("contact.missing", of_stream({"about": {}}), {}, "/about/contact"),
    ("expiry.missing", of_stream({"about": {}}), {}, "/about/expires_on"),
    ("owner.unknown_team", of_stream({"about": {**SAID, "owner": "wen"}}, **TEAMS), {}, "/about/owner"),
    ("expiry.passed", of_stream({"about": {**SAID, "expires_on": "2026-11-30"}}), {}, "/about/expires_on"),
    ("review.due", of_stream({"about": {**SAID, "review_on": "2026-12-01"}}), {}, "/about/review_on"),
    ("expiry.passed", of_instrument({"expires_on": "2026-11-30"}), {}, "/expires_on"),
    (
        "policy.unknown_group",
        of_stream({}, policies={"p": {"effects": ["x"], "by": ["boss"]}}),
        {"groups": {"approver"}},
        "/by/0",
    ),
    ("policy.unknown_effect", of_stream({}, policies={"p": {"effects": ["*", "all"]}}), {}, "/effects/1"),
    ("ramp.over", of_stream({"ramp": [{"at": PAST, "rate": 0.5}]}), {}, "/ramp"),
    ("window.never_again", of_stream({"windows": [{"until": PAST}]}), {}, "/windows"),
    ("window.never_again", of_instrument({"windows": [{"until": PAST}]}), {}, "/windows"),
    ("rate.zero_forever", of_stream({"sample": {"rate": 0}}), {}, "/sample/rate"),
    ("rate.zero_forever", of_instrument({"sample": {"unit": "session", "rate": 0}}), {}, "/sample/rate"),
    ("instrument.unknown_stream", of_instrument({"stream": "gone"}), {}, "/stream"),
    ("instrument.endless", of_instrument({"expires_on": ""}), {}, "/expires_on"),
    ("attribute.unknown", of_instrument({"contextual_attributes": ["page_idd"]}), {}, "/contextual_attributes/0"),
    ("attribute.unknown", of_instrument({"contextual_attributes": ["page_idd"]}), LACKING, "/contextual_attributes/0"),
    ("attribute.not_in_schema", of_instrument({"contextual_attributes": ["page_id"]}), LACKING, "/contextual_attributes/0"),
    (
        "attribute.not_in_schema",
        of_stream(provided("page_id")),
        LACKING,
        "/producers/metrics_platform_client/provide_values/0",
    ),
    ("instrument.unnamed", of_instrument({}), LACKING, "/stream"),
]


@pytest.mark.parametrize(("code", "given", "known", "place"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)])
def test_rule__its_mistake__is_found_at_its_place(code: str, given: dict[str, Any], known: dict[str, Any], place: str) -> None:
    found = [one for one in lint(given, **known) if one.code == code]

    assert place in [one.pointer for one in found], lint(given, **known)
    assert all(one.remedy and one.message and "{" not in one.message for one in found)


def test_rules__each_kind__has_a_case_and_a_code_of_its_own() -> None:
    codes = [kind.code for kind in linter.kinds()]

    assert len(codes) == len(set(codes))
    assert set(codes) - {case[0] for case in CASES} == {"instrument.stream_off"}


@pytest.mark.parametrize(
    "given",
    [
        of_stream({}),
        of_stream({"sample": {"rate": 0}, "ramp": [{"at": FUTURE, "rate": 0.1}]}),
        of_stream({"windows": [{"days": ["mon"], "start": "09:00", "end": "10:00", "time_zone": "Europe/Berlin"}]}),
        of_stream({"anything": {"of": "ours"}, "consumers": {"own": {"enabled": True}}}),
        of_stream({"topic_prefixes": None}, defaults={"topic_prefixes": ["a."]}),
        of_stream({}, policies={"p": {"effects": ["rate_up"]}, "q": {"effects": ["*"], "by": []}}),  # any approver
        of_stream({**PERSONAL, **headers(ua="user-agent", id="x-request-id")}),
        of_stream({"about": {**SAID, "sensitivity": ""}, **headers(ua=False, id="x-request-id")}),
        of_stream({"a": True}, defaults={"a": 1}),
        of_stream({"about": {**SAID, "contact": ""}}, teams={"web": {"contact": "#web"}}),
        of_stream({}, overrides={"staging:+large": {}, "*": {}}, **SITES),
        of_stream({"consumers": {"hive": {"enabled": False}}}),
        of_instrument({}),
        of_instrument({"expires_on": "", "review_on": "2027-01-01", "windows": [{"until": FUTURE}]}),
        of_instrument({"audience": {"sites": ["large"]}}, **SITES),
        {"streams": {"/^job\\.mail\\..+/": WELL | {"about": SAID}, "/^job\\..+/": WELL | {"about": SAID}}},
        {"streams": {"/^jobs?\\./": WELL | {"about": SAID}, "/^job\\..+/": WELL | {"about": SAID}}},
        {"streams": {"/^a\\./": WELL | {"about": SAID}, "/^a|b/": WELL | {"about": SAID}}},
    ],
)
def test_rules__what_is_fine__is_left_alone(given: dict[str, Any]) -> None:
    assert lint(given, titles={"t"}, connectors={"own"}, groups=set(), lists={"a client": list(given["streams"])}) == ()


def test_attribute__of_ones_own_that_the_schema_has__is_left_alone() -> None:
    own = of_instrument({"contextual_attributes": ["garden.plot_id", "page_title"]})

    assert lint(own, has_field=lambda _title, attribute: attribute != "gone") == ()
    assert [one.code for one in lint(own)] == ["attribute.unknown"]  # where nobody knows the schema


def test_instrument__stream_off__is_told_unless_it_is_off_too() -> None:
    off = of_instrument({})
    off["streams"]["s"]["is_enabled"] = False

    assert [one.code for one in lint(off)] == ["instrument.stream_off"]
    off["instruments"]["i"]["is_enabled"] = False
    assert lint(off) == ()


def test_lint__what_cannot_be_read__is_an_error_before_all_else() -> None:
    found = lint({"streams": {"bad": {"sample": {"rate": 2}}, "s": {**WELL}}})

    assert (found[0].level, found[0].code, found[0].name) == ("error", "setting.bad_value", "bad")
    assert [one.level for one in found] == sorted([one.level for one in found], key=["error", "warning", "info"].index)


@pytest.fixture(scope="module")
def production() -> dict[str, Any]:
    path = Path(settings.REFERENCE_DATA_DIR) / "stream-config-production.json"
    if not path.exists():
        pytest.skip("the production file is not here")
    held: dict[str, Any] = json.loads(path.read_text())
    return held


def test_production__its_known_mistakes__are_found(production: dict[str, Any]) -> None:
    given = {"defaults": production["defaults"]["default"], "streams": production["streams"]}
    listed = {"EventLogging": production["event_logging_stream_names"]["default"]}

    found = lint(given, lists=listed)

    by_code = Counter(one.code for one in found)
    assert by_code["setting.redundant"] == 112
    places = Counter(one.pointer for one in found if one.code == "setting.redundant")
    assert places["/consumers/analytics_hadoop_ingestion/enabled"] == 52
    assert places["/consumers/analytics_hive_ingestion/enabled"] == 40
    assert places["/canary_events_enabled"] == 8
    named = {one.code: one.name for one in found}
    card = "mediawiki.product_metrics.user_info_card_interaction"
    assert (named["attribute.unknown"], named["attribute.duplicate"]) == (card, card)
    assert named["canary.no_service"] == "webrequest.page_trending.dev0"
    assert named["list.unknown_stream"].endswith("WatchlistClickTracker")
    assert by_code["stream.names_itself"] == 1
    assert by_code["owner.missing"] == len(production["streams"])
    assert [one for one in found if one.level == "error"] == []


def test_lint__250_streams__cost_less_than_50_ms(production: dict[str, Any]) -> None:
    given = document.read({"defaults": production["defaults"]["default"], "streams": production["streams"]})

    assert least_seconds(lambda: linter.lint(given, at=AT)) < 0.05
