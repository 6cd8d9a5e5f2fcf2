"""What the fates of events make of a request's answer."""

from __future__ import annotations

import pytest

from eventplatform.broker.base import LogUnavailableError, TopicUnknownError
from eventplatform.core.refusals import EventInvalidError, EventTooLargeError, StreamUnknownError
from eventplatform.core.results import EventResult, Outcome, problem, summarise
from eventplatform.core.schemas import Violation
from eventplatform.guard.permits import LimitedError

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


@pytest.mark.parametrize(
    ("results", "seconds"),
    [([bad(AWAY, "failed")], 2), ([ok(), bad(AWAY, "failed")], 2), ([bad(DENIED)], None), ([ok()], None)],
)
def test_summarise__log_away__says_when_to_try_again(results: list[EventResult], seconds: int | None) -> None:
    assert summarise(results).retry_after_seconds == seconds


@pytest.mark.parametrize(("status", "expected"), [(202, 202), (201, 201)])
def test_summarise__spooled__as_the_service_says(status: int, expected: int) -> None:
    summary = summarise([ok(), EventResult(1, "spooled")], spooled_status=status)

    assert (summary.status, summary.detail) == (expected, "All 2 out of 2 events were accepted.")


def test_summarise__limited_and_away__the_longer_wait() -> None:
    limited = LimitedError(subject="the key", limit="1 a second", seconds=7)

    assert summarise([bad(limited, "limited")]).status == 429
    assert summarise([bad(limited, "limited"), bad(AWAY, "failed", 1)]).retry_after_seconds == 7


def test_as_json__refused__all_that_helps() -> None:
    entry = bad(INVALID, "invalid", 1).as_json("https://platform/errors/")

    assert entry == {
        "index": 1,
        "id": None,
        "stream": None,
        "result": "invalid",
        "code": "event.invalid",
        "pointer": "/a",
        "message": "must be string",
        "remedy": INVALID.hint,
        "doc": "https://platform/errors/event.invalid",
        "violations": [
            {"pointer": "/a", "keyword": "type", "message": "must be string"},
            {"pointer": "/b", "keyword": "required", "message": "must be there"},
        ],
    }
    assert "violations" not in bad(DENIED).as_json()


def test_as_json__kept__no_word_of_errors() -> None:
    assert EventResult(0, "accepted", "x", "s").as_json() == {"index": 0, "id": "x", "stream": "s", "result": "accepted"}
    assert EventResult(0, "duplicate", "x", "s").as_json()["duplicate"] is True


def test_problem__code_and_remedy__only_where_given() -> None:
    assert problem(413, "Too much.") == {
        "type": "about:blank",
        "title": "Content Too Large",
        "status": 413,
        "detail": "Too much.",
    }
    assert problem(400, "x", code="a.b", remedy="Do y.")["remedy"] == "Do y."
