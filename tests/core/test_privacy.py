"""The one policy on personal data: marks, rules, signals, usual names, masks."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from eventplatform.core.door_rules import PrivacyRules
from eventplatform.core.pii_names import clean_text, mask_text
from eventplatform.core.pii_values import MASK, Hashing
from eventplatform.core.privacy import Signals, clean_by_name, masked, plan, signals_of

HASHING = Hashing(b"a key of tests")
CALM = Signals(received_ms=0)
OPEN = PrivacyRules()  # as a service that says nothing
AT_DOOR = PrivacyRules(clears_at_door=True)
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "http": {
            "type": "object",
            "properties": {
                "client_ip": {"type": "string", "x-pii": "ip", "x-pii-action": "truncate"},
                "request_headers": {
                    "type": "object",
                    "properties": {"user-agent": {"type": "string", "x-pii": "user_agent", "x-pii-action": "truncate"}},
                },
            },
        },
        "session": {"type": "string", "maxLength": 64, "x-pii": "id", "x-pii-action": "hash"},
        "user_id": {"type": "integer", "maximum": 2147483647, "x-pii": "id", "x-pii-action": "hash"},
        "who": {"type": "string", "minLength": 1, "x-pii": "name", "x-pii-action": "drop"},
        "referrer": {"type": "string", "x-pii": "location", "x-pii-action": "truncate"},
        "comment": {"type": "string", "x-pii": "free_text", "x-pii-action": "truncate"},
        "editors": {"type": "array", "items": {"type": "object", "properties": {"name": {"x-pii": "name"}}}},
        "tags": {"type": "object", "additionalProperties": {"type": "string", "x-pii": "free_text", "x-pii-action": "drop"}},
    },
    "required": ["who"],
}


def event() -> dict[str, Any]:
    return {
        "http": {"client_ip": "192.0.2.77", "request_headers": {"user-agent": AGENT}},
        "session": "0123456789abcdef",
        "user_id": 4711,
        "who": "Ada Lovelace",
        "referrer": "https://search.example.org/find?q=ada+lovelace",
        "comment": "x" * 200,
        "editors": [{"name": "Grace", "edits": 3}, {"name": "Mary"}],
        "tags": {"a": "b"},
        "page": {"title": "Garden"},
    }


def cleaned(rules: PrivacyRules = OPEN, signals: Signals = CALM, given: Any = None) -> dict[str, Any]:
    cleaner = plan(SCHEMA, rules, HASHING)
    assert cleaner is not None
    return cleaner.clean(event() if given is None else given, signals=signals)


def test_clean__as_marked__nothing_tells_of_a_person() -> None:
    done = cleaned(AT_DOOR)

    assert done["http"] == {"client_ip": "192.0.2.0", "request_headers": {"user-agent": "Firefox 128"}}
    assert len(done["session"]) == 32
    assert done["session"] != event()["session"]
    assert isinstance(done["user_id"], int)
    assert 0 <= done["user_id"] <= 2147483647
    assert done["user_id"] != 4711
    assert done["who"] == "-"  # required: emptied as the schema allows
    assert done["referrer"] == "https://search.example.org/"
    assert len(done["comment"]) == 40
    assert done["editors"] == [{"edits": 3}, {}]
    assert done["tags"] == {}
    assert done["page"] == {"title": "Garden"}


def test_clean__nothing_said__addresses_and_agents_alone_since_other_marks_are_for_later() -> None:
    done = cleaned()

    assert done["http"] == {"client_ip": "192.0.2.0", "request_headers": {"user-agent": "Firefox 128"}}
    assert {**done, "http": event()["http"]} == event()


def test_clean__in_place__answers_the_event_itself() -> None:
    given = event()

    assert cleaned(given=given) is given


@pytest.mark.parametrize(("rule", "expected"), [("keep", "192.0.2.77"), ("truncate", "192.0.2.0"), ("drop", None)])
def test_clean__a_rule_on_addresses__is_over_the_mark(rule: Any, expected: str | None) -> None:
    assert cleaned(PrivacyRules(ip=rule))["http"].get("client_ip") == expected


@pytest.mark.parametrize(("rule", "expected"), [("keep", AGENT), ("family", "Firefox 128"), ("drop", None)])
def test_clean__a_rule_on_user_agents__is_over_the_mark(rule: Any, expected: str | None) -> None:
    assert cleaned(PrivacyRules(user_agent=rule))["http"]["request_headers"].get("user-agent") == expected


@pytest.mark.parametrize(
    ("rules", "signals", "is_dropped"),
    [
        (PrivacyRules(heeds_dnt=True), Signals(0, is_dnt=True), True),
        (PrivacyRules(heeds_gpc=True), Signals(0, is_gpc=True), True),
        (PrivacyRules(heeds_dnt=True), Signals(0, is_gpc=True), False),
        (PrivacyRules(ip="keep", heeds_dnt=True), Signals(0, is_dnt=True), True),
        (PrivacyRules(), Signals(0, is_dnt=True, is_gpc=True), False),
    ],
)
def test_clean__dnt_and_gpc__drop_every_marked_field_where_heeded(
    rules: PrivacyRules,
    signals: Signals,
    is_dropped: bool,  # noqa: FBT001  # a parameter of the cases
) -> None:
    done = cleaned(rules, signals)

    assert ("client_ip" not in done["http"]) is is_dropped
    assert ("session" not in done) is is_dropped
    assert done["page"] == {"title": "Garden"}


def test_signals__from_headers__only_one_says_yes() -> None:
    headers = {"dnt": "1", "sec-gpc": "0"}

    assert signals_of(lambda name: headers.get(name, ""), 5) == Signals(5, is_dnt=True, is_gpc=False)


def test_plan__nothing_marked_or_all_kept__there_is_no_cleaner() -> None:
    only_ip = {"properties": {"ip": {"x-pii": "ip", "x-pii-action": "truncate"}}}

    assert plan({"properties": {"a": {"type": "string"}}}, PrivacyRules(heeds_dnt=True), HASHING) is None
    assert plan(only_ip, PrivacyRules(ip="keep"), HASHING) is None
    assert plan(only_ip, PrivacyRules(ip="keep", heeds_gpc=True), HASHING) is not None


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [{"type": "null"}, {"properties": {"a": {"x-pii": "name", "x-pii-action": "drop"}}}]},
        {"allOf": [{"properties": {"a": {"x-pii": "name", "x-pii-action": "drop"}}}]},
        {"$ref": "#/definitions/d", "definitions": {"d": {"properties": {"a": {"x-pii": "name"}}}}},
        {"properties": {"a": {"x-pii": "name", "x-pii-action": "shred"}}},
        {"properties": {"a": {"x-pii": "unheard_of"}}},
        {"patternProperties": {"^a": {"x-pii": "name"}}},
    ],
)
def test_plan__marks_in_any_part_of_a_schema__are_found(schema: dict[str, Any]) -> None:
    cleaner = plan(schema, AT_DOOR, HASHING)

    assert cleaner is not None
    assert cleaner.clean({"a": "Ada"}, signals=CALM) == {}


def test_plan__a_schema_that_holds_itself__comes_to_an_end() -> None:
    inner = {
        "properties": {"next": {"$ref": "#/definitions/d"}, "other": {"$ref": "#/definitions/d"}, "who": {"x-pii": "name"}}
    }

    cleaner = plan({"$ref": "#/definitions/d", "definitions": {"d": inner}}, AT_DOOR, HASHING)

    assert cleaner is not None
    assert cleaner.clean({"who": "Ada"}, signals=CALM) == {}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("::ffff:192.0.2.9", "192.0.2.0"),
        ("fe80::1%eth0", "fe80::"),
        ("192.0.2.1, 198.51.100.7", "192.0.2.0, 198.51.100.0"),
        ("999.0.2.1", None),
        ("not an address", None),
        (12, None),
    ],
)
def test_truncate__addresses__to_their_network_or_gone(address: Any, expected: str | None) -> None:
    done = cleaned(given={"who": "a", "http": {"client_ip": address}})

    assert done["http"].get("client_ip") == expected


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36 Edg/126.0.1", "Edge 126"),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15", "Safari 17"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/125.0 Mobile Safari/537.36", "Chrome 125"),
        ("MediaWiki/1.46.0-wmf.4", "MediaWiki 1"),
        ("curl/8.5.0 (by ada@example.org)", "curl 8"),
        ("Mozilla/5.0 (compatible)", "Other"),
        ("", "Other"),
    ],
)
def test_family__of_a_user_agent__name_and_major_version(agent: str, expected: str) -> None:
    done = cleaned(given={"who": "a", "http": {"request_headers": {"user-agent": agent}}})
    again = cleaned(given=copy.deepcopy(done))

    assert done["http"]["request_headers"]["user-agent"] == expected
    assert again["http"] == done["http"]  # a replayed event is cleaned again: nothing more goes


def test_hash__with_the_key__alike_for_alike_and_kept_when_cleaned_again() -> None:
    first, second = cleaned()["session"], cleaned()["session"]

    assert first == second
    assert cleaned(given={"who": "a", "session": first})["session"] == first
    assert Hashing(b"another key").text(event()["session"], 0) != first


def test_hash__daily__cannot_be_joined_over_days() -> None:
    daily = Hashing(b"a key of tests", is_daily=True)

    assert daily.text("a", 1) == daily.text("a", 86_399_999)
    assert daily.text("a", 1) != daily.text("a", 86_400_000)
    assert daily.text(daily.text("a", 1), 86_400_000) == daily.text("a", 1)


def test_hash__of_a_uuid__is_one() -> None:
    schema = {"properties": {"device": {"type": "string", "format": "uuid", "x-pii": "id", "x-pii-action": "hash"}}}
    cleaner = plan(schema, AT_DOOR, HASHING)
    assert cleaner is not None

    done = cleaner.clean({"device": "123e4567-e89b-12d3-a456-426614174000"}, signals=CALM)["device"]

    assert len(done) == 36
    assert not done.startswith("123e4567")
    assert cleaner.clean({"device": done}, signals=CALM)["device"] == done


@pytest.mark.parametrize("value", [None, [], {}, {"a": ["192.0.2.77"]}, True, 1.5, "x" * 5000])
def test_clean__values_of_any_other_kind__never_raise_nor_leak(value: Any) -> None:
    for place in ("session", "user_id", "who", "comment", "http", "editors", "tags"):
        done = cleaned(AT_DOOR, given={"who": "a"} | {place: value})

        assert "192.0.2.77" not in json.dumps(done) or place in ("http", "editors")


def test_clean_by_name__an_event_of_no_known_schema__address_agent_and_secrets() -> None:
    given = {
        "http": {
            "client_ip": "192.0.2.77",
            "request_headers": {"user-agent": AGENT, "x-forwarded-for": "192.0.2.77", "cookie": "s=1"},
        },
        "items": [{"Client-IP": "2001:db8:1:2::9", "password": "hunter2", "email": "ada@example.org"}],
        "count": 3,
    }

    done = clean_by_name(given, PrivacyRules())

    assert done["http"] == {
        "client_ip": "192.0.2.0",
        "request_headers": {"user-agent": "Firefox 128", "x-forwarded-for": "192.0.2.0"},
    }
    assert done["items"] == [{"Client-IP": "2001:db8:1::"}]
    assert done["count"] == 3


def test_clean_by_name__a_service_that_drops__nothing_is_left() -> None:
    given = {"client_ip": "192.0.2.77", "user_agent": AGENT}

    assert clean_by_name(given, PrivacyRules(ip="drop", user_agent="drop")) == {}


def test_masked__for_display__a_copy_with_masks() -> None:
    given = event()

    shown = masked(given, SCHEMA)

    assert given == event()
    assert shown["http"] == {"client_ip": MASK, "request_headers": {"user-agent": MASK}}
    assert shown["who"] == shown["session"] == shown["user_id"] == MASK
    assert shown["editors"] == [{"name": MASK, "edits": 3}, {"name": MASK}]
    assert masked(given)["http"]["client_ip"] == MASK


def test_masked__long_list__to_its_last_item() -> None:
    found = masked({"visits": [{"client_ip": "192.0.2.1"}] * 10_001}, None)

    assert found["visits"][-1] == {"client_ip": MASK}


def test_text__a_body_that_is_no_json__is_cleaned_and_masked_too() -> None:
    broken = f'{{"client_ip": "192.0.2.77", "ua": "{AGENT}", '
    broken += '"note": "ada@example.org at 2001:db8:1:2::9", "cookie": "s=1", at 12:30:45'

    done, shown = clean_text(broken), mask_text(broken)

    for secret in ("192.0.2.77", AGENT, "Linux", "ada@example.org", "2001:db8:1:2::9", "s=1"):
        assert secret not in done
        assert secret not in shown
    assert "192.0.2.0" in done
    assert "Firefox 128" in done
    assert "12:30:45" in done
    assert "12:30:45" in shown
