"""The platform's own profile: what it says of spooled, repeated and limited events, and to which pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from eventplatform.core.errors import PlatformError
from eventplatform.core.results import EventResult
from eventplatform.core.services import Service
from eventplatform.guard.errors import JsonInvalidError
from eventplatform.guard.permit_errors import KeyUnknownError
from eventplatform.guard.permits import LimitedError
from eventplatform.guard.request_head import RequestHead
from intake.profiles.ours import Ours

ERRORS = "https://platform.example/errors/"
LIMITED = LimitedError(subject="this key", limit="1 event a second", seconds=3)
ACCEPTED = EventResult(0, "accepted", "a", "s")


@dataclass
class Fate:
    """A settled request."""

    given: Sequence[EventResult]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return len(self.given)

    @property
    def head(self) -> RequestHead:
        return head(**self.headers)

    @property
    def is_plain(self) -> bool:
        return all(one.outcome in {"accepted", "hasty"} for one in self.given)

    def results(self) -> Sequence[EventResult]:
        return self.given


def head(**headers: str) -> RequestHead:
    return RequestHead(header=lambda name: headers.get(name.replace("-", "_"), ""))


def ours(**says: Any) -> Ours:
    listed = says.pop("listed", None)
    return Ours(Service(**says), errors_url=ERRORS, listed=listed)


@pytest.mark.parametrize(("streams", "status"), [("aa", 201), ("b", 202), ("ab", 202)])
def test_settled__spooled_for_several_services__201_where_each_says_so(streams: str, status: int) -> None:
    answers = Ours(Service(), spooled_status_of={"a": 201, "b": 202}.__getitem__)

    answer = answers.settled(Fate([EventResult(index, "spooled", "x", name) for index, name in enumerate(streams)]))

    assert answer.status == status


@pytest.mark.parametrize(("spooled_status", "title"), [(202, "Accepted"), (201, "Created")])
def test_settled__spooled__the_services_status_and_every_fate(spooled_status: Any, title: str) -> None:
    answer = ours(spooled_status=spooled_status).settled(Fate([ACCEPTED, EventResult(1, "spooled", "b", "s")]))
    body = orjson.loads(answer.body)

    assert (answer.status, answer.content_type, body["title"]) == (spooled_status, "application/json", title)
    assert [one["result"] for one in body["results"]] == ["accepted", "spooled"]


def test_settled__repeated__201_that_says_so() -> None:
    answer = ours().settled(Fate([EventResult(0, "duplicate", "a", "s")]))

    assert answer.status == 201
    assert orjson.loads(answer.body)["results"] == [
        {"index": 0, "id": "a", "stream": "s", "result": "duplicate", "duplicate": True}
    ]


def test_settled__limited__429_with_retry_after_and_the_page() -> None:
    answer = ours().settled(Fate([EventResult(0, "limited", "a", "s", LIMITED)]))
    [result] = orjson.loads(answer.body)["results"]

    assert (answer.status, dict(answer.headers)["retry-after"]) == (429, "3")
    assert (answer.content_type, result["doc"]) == ("application/problem+json", f"{ERRORS}rate.limited")


@pytest.mark.parametrize(
    ("error", "status", "header"),
    [
        (KeyUnknownError(), 401, ("www-authenticate", 'Bearer realm="events", error="invalid_token"')),
        (LIMITED, 429, ("retry-after", "3")),
        (JsonInvalidError(reason="x"), 400, ("content-type", "application/problem+json")),
    ],
)
def test_refused__whole_request__problem_with_its_page(error: PlatformError, status: int, header: tuple[str, str]) -> None:
    answer = ours().refused(error, head())

    assert (answer.status, orjson.loads(answer.body)["doc"]) == (status, ERRORS + error.code)
    assert header in answer.headers


LISTED = frozenset({"https://a.example", "https://b.example"})


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("https://a.example", "https://a.example"), ("https://evil.example", None), ("", None), ("null", None)],
)
def test_headers__listed_origins__echoed_to_them_alone(origin: str, allowed: str | None) -> None:
    profile = ours(origins=("https://a.example",), listed=LISTED)

    for answer in (
        profile.settled(Fate([ACCEPTED], {"origin": origin})),
        profile.hasty(1, head(origin=origin)),
        profile.options(head(origin=origin)),
        profile.refused(LIMITED, head(origin=origin)),
        profile.not_found("GET", "/x", head(origin=origin)),
    ):
        found = dict(answer.headers)
        assert found.get("access-control-allow-origin") == allowed
        assert found["vary"] == "Origin"
        assert "access-control-allow-credentials" not in found


def test_headers__any_origin__one_star_and_no_vary() -> None:
    found = dict(ours().hasty(1, head(origin="https://a.example")).headers)

    assert found["access-control-allow-origin"] == "*"
    assert "vary" not in found


def test_settled__plain__the_same_answer_again() -> None:
    profile = ours()

    assert profile.settled(Fate([ACCEPTED])) is profile.settled(Fate([ACCEPTED]))
