"""`/api/v1/streams` and `/api/v1/instruments`: filters, pages, moments, scopes, packed answers and errors."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from streamconfig import history, lookups
from streamconfig.api import streams
from tests import configuring

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]

LIST = "/api/v1/streams"
MORE: dict[str, Any] = {
    "streams": {
        "secret.one": {
            "schema_title": "secret/one",
            "destination_event_service": "main",
            "consumers": {"warehouse": {"enabled": False}},
            "windows": [{"until": "2026-01-01T00:00:00Z"}],
            "about": {"owner": "web", "sensitivity": "secret", "expires_on": "2027-01-31", "review_on": "2026-06-01"},
        }
    },
    "sites": {"enwiki": {"tags": ["large"]}, "dewiki": {}},
    "overrides": {"+enwiki": {"streams": {"ui.click": {"sample": {"rate": 0.01}}}}},
    "instruments": {
        "toolbar": {
            "stream": "ui.click",
            "title": "Who uses the toolbar",
            "owner": "web",
            "sample": {"unit": "pageview", "rate": 0.2},
            "audience": {"sites": ["large"], "platforms": ["desktop"]},
            "expires_on": "2027-03-01",
        },
        "search": {"stream": "page.change", "is_enabled": False, "audience": {"except_sites": ["enwiki"]}},
    },
}


@pytest.fixture
def more(streams: None) -> None:
    """Windows, sensitivity, sites, overrides and instruments, too."""
    configuring.configure(MORE, reason="more")


def names(client: Client, query: str, path: str = LIST, key: str = "name") -> list[str]:
    return [one[key] for one in client.get(f"{path}?{query}").json()["results"]]


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


@pytest.mark.usefixtures("more")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sensitivity=secret", ["secret.one"]),
        ("is_open=false", ["secret.one"]),
        ("is_open=true&service=main", ["page.change", "/^job\\..+/"]),
        ("expires_before=2027-02-01", ["secret.one"]),
        ("expires_before=2027-01-31", []),
        ("review_before=2026-07-01", ["secret.one"]),
        ("consumer=warehouse&service=main", ["page.change", "/^job\\..+/"]),
        ("owner=web", ["secret.one"]),
        ("q=nobody", []),
        ("limit=2", ["page.change", "ui.click"]),
        ("limit=2&offset=3", ["secret.one"]),
    ],
)
def test_list__narrowed__holds_what_fits(client: Client, query: str, expected: list[str]) -> None:
    assert names(client, query) == expected


@pytest.mark.usefixtures("more")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["toolbar", "search"]),
        ("q=toolbar", ["toolbar"]),
        ("stream=page.change", ["search"]),
        ("is_enabled=false", ["search"]),
        ("is_collecting=true", ["toolbar"]),
        ("unit=pageview", ["toolbar"]),
        ("platform=mobile", ["search"]),
        ("site=enwiki", ["toolbar"]),
        ("site=dewiki", ["search"]),
        ("owner=web&expires_before=2027-04-01", ["toolbar"]),
    ],
)
def test_instruments__narrowed__hold_what_fits(client: Client, query: str, expected: list[str]) -> None:
    assert names(client, query, "/api/v1/instruments", "key") == expected


@pytest.mark.usefixtures("more")
def test_instrument__one__is_told_with_what_holds(client: Client) -> None:
    off, there = client.get("/api/v1/instruments/search").json(), client.get("/api/v1/instruments/toolbar").json()

    assert (off["sampling"]["rate"], off["open_sampling"]["rate"], off["is_enabled"]) == (0, 1, False)
    assert there["audience"] == {"sites": ["large"], "except_sites": [], "platforms": ["desktop"], "is_logged_in": None}
    missing = client.get("/api/v1/instruments/nobody")
    assert (missing.status_code, missing.json()["code"]) == (404, "item.not_found")


def test_pages__followed__give_every_stream_once(client: Client) -> None:
    found, address = [], f"{LIST}?limit=2&canary=true"
    while address:
        answer = client.get(address).json()
        found += [one["name"] for one in answer["results"]]
        address = answer["next"]

    assert found == ["page.change", "ui.click", "/^job\\..+/"]
    assert answer["count"] == 3


def test_fields__chosen__are_the_only_ones(client: Client) -> None:
    assert client.get(f"{LIST}?fields=name,topics&limit=1").json()["results"] == [
        {"name": "page.change", "topics": ["page.change"]}
    ]
    assert set(client.get(f"{LIST}/ui.click?fields=name").json()) == {"name", "revision"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("at=yesterday", "query.bad_moment"),
        ("at=2026-12-01T00:00:00", "query.bad_moment"),
        ("at=2026-12-01T00:00:00+01:00", "query.bad_moment"),  # a + that nobody escaped is a space
        ("at=9999-99-99T00:00:00Z", "query.bad_moment"),
        ("limit=0", "query.bad_parameter"),
        ("limit=10001", "query.bad_parameter"),
        ("offset=-1", "query.bad_parameter"),
        ("limit=٣", "query.bad_parameter"),
        ("canary=perhaps", "query.bad_parameter"),
        ("sensitivity=very", "query.bad_parameter"),
        ("expires_before=soon", "query.bad_parameter"),
        ("fields=name,nothing", "query.bad_parameter"),
        ("wait=61", "query.bad_parameter"),
        ("wait=soon", "query.bad_parameter"),
        ("q=" + "x" * 501, "query.bad_parameter"),
        ("scope=|", "scope.invalid"),
    ],
)
def test_parameter__not_understood__is_a_problem_with_code_and_remedy(client: Client, query: str, code: str) -> None:
    answer = client.get(f"{LIST}?{query}")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), answer.content
    assert answer.json()["code"] == code
    assert answer.json()["remedy"]
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_naive_moment__says_what_is_missing(client: Client) -> None:
    assert "with its offset from UTC" in client.get(f"{LIST}?at=2026-12-01T00:00:00").json()["detail"]


def test_at__past_and_future__say_what_held_and_will_hold(client: Client) -> None:
    before = datetime.now(UTC)
    ramp = [{"at": iso(before + timedelta(days=1)), "rate": 0.25}]
    configuring.configure({"streams": {"ui.click": {"schema_title": "ui/click", "sample": {"rate": 0.1}, "ramp": ramp}}})
    lookups.forget()

    def rate(at: datetime) -> float:
        answer = client.get(f"{LIST}/ui.click", {"at": iso(at)})
        return float(answer.json()["settings"]["sample"]["rate"])

    assert rate(before) == 0.5
    assert rate(before + timedelta(hours=1)) == 0.1
    assert rate(before + timedelta(days=2)) == 0.25
    long_ago = client.get(f"{LIST}", {"at": "2020-01-01T00:00:00Z"}).json()
    assert (long_ago["count"], long_ago["revision"]) == (0, 0)


@pytest.mark.usefixtures("more")
def test_scope__of_a_site__lays_its_overrides_over(client: Client) -> None:
    rates = {
        scope: client.get(f"{LIST}/ui.click", {"scope": scope}).json()["settings"]["sample"]["rate"]
        for scope in ("", "enwiki", "dewiki", "nowhere|large")
    }

    assert rates == {"": 0.5, "enwiki": 0.01, "dewiki": 0.5, "nowhere|large": 0.5}


@pytest.mark.usefixtures("more")
def test_etags__of_questions_and_forms__all_differ(client: Client) -> None:
    future = iso(datetime.now(UTC) + timedelta(days=1))
    asked = ["", "?scope=enwiki", f"?at={future}", "?limit=1", "?fields=name", "?q=ui"]

    etags = [
        client.get(f"{LIST}{query}", headers=headers)["ETag"]
        for query in asked
        for headers in ({}, {"Accept-Encoding": "gzip"})
    ]
    etags += [client.get(f"{LIST}/ui.click")["ETag"], client.get("/api/v1/instruments")["ETag"]]

    assert len(set(etags)) == len(etags)
    assert not any(etag.startswith("W/") for etag in etags)


def test_etag__unknown_parameter__changes_nothing(client: Client) -> None:
    assert client.get(f"{LIST}?utm_source=x&q=")["ETag"] == client.get(LIST)["ETag"]


def test_etag__with_a_schedule__changes(client: Client) -> None:
    etag = client.get(LIST)["ETag"]
    soon = iso(datetime.now(UTC) + timedelta(days=1))
    configuring.configure({"streams": {"ui.click": {"schema_title": "ui/click", "windows": [{"until": soon}]}}})

    answer = client.get(LIST, headers={"If-None-Match": etag})

    assert answer.status_code == 200
    assert answer["ETag"] != etag


def test_packed__whoever_takes_gzip__gets_the_same_bytes(client: Client) -> None:
    plain = client.get(LIST)
    packed = client.get(LIST, headers={"Accept-Encoding": "br, gzip;q=0.8"})

    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert "Accept-Encoding" in packed["Vary"]
    assert "Accept-Encoding" in plain["Vary"]
    assert not client.get(LIST, headers={"Accept-Encoding": "gzip;q=0"}).has_header("Content-Encoding")


@pytest.mark.parametrize("form", [{}, {"Accept-Encoding": "gzip"}])
def test_unchanged__known_answer__is_304_with_its_headers_and_no_query(client: Client, form: dict[str, str]) -> None:
    first = client.get(LIST, headers=form)

    with CaptureQueriesContext(connection) as queries:
        again = client.get(LIST, headers={**form, "If-None-Match": first["ETag"]})
        weak = client.get(LIST, headers={**form, "If-None-Match": f'"other", W/{first["ETag"]}'})

    assert (again.status_code, weak.status_code, again.content, len(queries)) == (304, 304, b"", 0)
    for name in ("ETag", "Cache-Control", "Vary", "X-Config-Revision", "Access-Control-Allow-Origin"):
        assert again[name] == first[name]


def test_answer__asked_again__is_not_made_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get(LIST)
    monkeypatch.setattr(streams.StreamList, "answer", None)

    assert client.get(LIST).content == first.content


def test_head__list__is_answered_without_a_body(client: Client) -> None:
    answer = client.head(LIST)

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["ETag"] == client.get(LIST)["ETag"]


def test_database_away__last_good_snapshot__serves_and_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    etag = client.get(LIST)["ETag"]
    monkeypatch.setattr(lookups, "age_seconds", lambda: 61.5)

    full, unchanged = client.get(LIST), client.get(LIST, headers={"If-None-Match": etag})

    for answer, status in ((full, 200), (unchanged, 304)):
        assert (answer.status_code, answer["X-Config-Age"]) == (status, "61")
        assert answer["Warning"].startswith("110 ")
    monkeypatch.setattr(lookups, "age_seconds", lambda: lookups.STALE_SECONDS)
    assert not client.get(LIST).has_header("Warning")


def test_database_away__past_moment__is_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Any:
        raise history.HistoryAwayError from DatabaseError()

    monkeypatch.setattr(history, "at", away)

    answer = client.get(f"{LIST}?at=2020-01-01T00:00:00Z")

    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "history.away", "2")
