"""What the fates of events make of a request's answer."""

from __future__ import annotations

import pytest

from eventplatform.broker.base import LogUnavailableError, TopicUnknownError
from eventplatform.core.refusals import EventInvalidError, EventTooLargeError, StreamUnknownError
from eventplatform.core.results import EventResult, Outcome, problem, summarise
from eventplatform.core.schemas import Violation

VIOLATIONS = (Violation("/a", "type", "must be string"), Violation("/b", "required", "must be there"))
INVALID = EventInvalidError(pointer="/a", summary="must be string", violations=VIOLATIONS)
DENIED = StreamUnknownError(pointer="/meta/stream", stream="x")
TOO_LARGE = EventTooLargeError(size=5, limit=4)
AWAY = LogUnavailableError(reason="gone")
OURS = TopicUnknownError(topic="x")


def ok(index: int = 0) -> EventResult:
    return EventResult(index, "accepted")


def bad(error: Exception, outcome: Outcome = "denied", index: int = 0) -> EventResult:
    return EventResult(index, outcome, error=error)  # type: ignore[arg-type]  # all are PlatformErrors


@pytest.mark.parametrize(
    ("results", "status", "sentence"),
    [
        ([ok(), ok()], 201, "All 2 out of 2 events were accepted."),
        ([EventResult(0, "hasty")], 201, "All 1 out of 1 events were accepted."),
        ([bad(INVALID, "invalid")], 400, "1 out of 1 events were invalid and not accepted."),
        ([bad(DENIED)], 400, "1 out of 1 events had failures and were not accepted. (0 invalid and 1 errored)."),
        ([bad(TOO_LARGE)], 413, "1 out of 1 events had failures and were not accepted. (0 invalid and 1 errored)."),
        (
            [bad(TOO_LARGE), bad(DENIED)],
            400,
            "2 out of 2 events had failures and were not accepted. (0 invalid and 2 errored).",
        ),
        (
            [bad(AWAY, "failed"), bad(INVALID, "invalid")],
            503,
            "2 out of 2 events had failures and were not accepted. (1 invalid and 1 errored).",
        ),
        (
            [bad(OURS, "failed"), bad(DENIED)],
            500,
            "2 out of 2 events had failures and were not accepted. (0 invalid and 2 errored).",
        ),
        (
            [bad(OURS, "failed"), bad(AWAY, "failed")],
            503,
            "2 out of 2 events had failures and were not accepted. (0 invalid and 2 errored).",
        ),
        (
            [ok(), bad(AWAY, "failed"), bad(INVALID, "invalid")],
            207,
            "1 out of 3 events were accepted, but 2 failed (1 invalid and 1 errored).",
        ),
    ],
)
def test_summarise__outcomes__status_and_eventgates_sentence(results: list[EventResult], status: int, sentence: str) -> None:
    summary = summarise(results)

    assert (summary.status, summary.detail) == (status, sentence)
    assert (summary.body is None) == (status == 201)


@pytest.mark.parametrize(
    ("results", "seconds"),
    [([bad(AWAY, "failed")], 2), ([ok(), bad(AWAY, "failed")], 2), ([bad(DENIED)], None), ([ok()], None)],
)
def test_summarise__log_away__says_when_to_try_again(results: list[EventResult], seconds: int | None) -> None:
    assert summarise(results).retry_after_seconds == seconds


def test_summarise__failures__listed_apart_with_all_that_helps() -> None:
    body = summarise([ok(0), bad(INVALID, "invalid", 1), bad(DENIED, "denied", 2)]).body or {}

    [invalid], [error] = body["invalid"], body["error"]
    assert (invalid["status"], invalid["index"], invalid["code"], invalid["pointer"]) == ("invalid", 1, "event.invalid", "/a")
    assert [found["pointer"] for found in invalid["context"]["errors"]] == ["/a", "/b"]
    assert invalid["context"]["errorsText"] == "'/a' must be string, '/b' must be there"
    assert (error["status"], error["result"], error["context"]) == ("error", "denied", {"message": str(DENIED)})
    assert error["remedy"].startswith("Check the spelling")


def test_problem__code_and_remedy__only_where_given() -> None:
    assert problem(413, "Too much.") == {
        "type": "about:blank",
        "title": "Content Too Large",
        "status": 413,
        "detail": "Too much.",
    }
    assert problem(400, "x", code="a.b", remedy="Do y.")["remedy"] == "Do y."
