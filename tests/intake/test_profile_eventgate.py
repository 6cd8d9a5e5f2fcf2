"""EventGate's profile, where EventGate itself has no answer."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from eventplatform.broker.base import LogUnavailableError
from eventplatform.core.results import EventResult
from eventplatform.core.services import EventGateRules, Service
from eventplatform.guard.permit_errors import KeyUnknownError
from eventplatform.guard.permits import LimitedError
from eventplatform.guard.request_head import RequestHead
from intake.profiles.eventgate import EventGate
from tests.intake.test_profile_ours import ACCEPTED, Fate, head

LIMITED = LimitedError(subject="this key", limit="1 event a second", seconds=3)
AWAY = LogUnavailableError(reason="gone")


def exact(cors: str = "*", **says: Any) -> EventGate:
    return EventGate(Service(profile="eventgate", eventgate=EventGateRules(cors=cors), **says))


def failed(index: int, error: Any, event: Any = None) -> EventResult:
    return EventResult(index, "failed", error=error, event=event or {})


@pytest.mark.parametrize("spooled_status", [201, 202])
def test_settled__spooled__the_services_status_without_a_body(spooled_status: Any) -> None:
    answer = exact(spooled_status=spooled_status).settled(Fate([ACCEPTED, EventResult(1, "spooled")]))

    assert (answer.status, answer.body, answer.reason) == (spooled_status, b"", "All 2 out of 2 events were accepted.")


def test_settled__repeated__accepted() -> None:
    assert exact().settled(Fate([EventResult(0, "duplicate")])).status == 201


@pytest.mark.parametrize(
    ("errors", "status", "retry_after"),
    [
        ([LIMITED, LIMITED], 429, "3"),
        ([LIMITED, AWAY], 500, "3"),
        ([AWAY], 500, "2"),
        ([KeyUnknownError()], 401, None),
    ],
)
def test_settled__what_eventgate_never_refuses__its_own_status_where_all_met_it(
    errors: list[Any], status: int, retry_after: str | None
) -> None:
    answer = exact().settled(Fate([failed(index, error) for index, error in enumerate(errors)]))

    assert (answer.status, dict(answer.headers).get("retry-after")) == (status, retry_after)
    assert [one["context"]["message"] for one in orjson.loads(answer.body)["error"]] == [str(error) for error in errors]


def test_refused__by_the_guard__problem_object_with_the_status_of_ours() -> None:
    answer = exact().refused(LIMITED, RequestHead(service="analytics", query="a=1"))

    assert (answer.status, dict(answer.headers)["retry-after"]) == (429, "3")
    assert orjson.loads(answer.body) == {
        "status": 429,
        "type": "rate.limited",
        "title": "Too Many Requests",
        "detail": str(LIMITED),
        "method": "POST",
        "uri": "/analytics/v1/events?a=1",
    }


@pytest.mark.parametrize(("cors", "expected"), [("*", "*"), ("https://a.example", "https://a.example"), ("", None)])
def test_headers__cors__all_four_or_none(cors: str, expected: str | None) -> None:
    found = dict(exact(cors).hasty(1, head()).headers)

    assert found.get("access-control-allow-origin") == expected
    assert sum(name.startswith("access-control-") for name in found) == (4 if expected else 0)
    assert "content-security-policy" in found
