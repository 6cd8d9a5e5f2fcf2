"""What became of each event of a request, and what that makes of the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from eventplatform.core.errors import PlatformError, RetriableError

# The counter of events knows exactly these words; every event ends as one of them.
Outcome = Literal[
    "accepted",  # acknowledged by the log
    "hasty",  # likewise, of a request that did not wait for it
    "spooled",  # on this host's disk, until the log is back
    "duplicate",  # its id was accepted a moment ago: answered, not produced again
    "invalid",  # breaks its schema
    "denied",  # may not go where it wants to
    "limited",  # too much at once
    "disabled",  # stopped by configuration
    "late",  # its stream's window has closed
    "failed",  # the platform's fault
]
SUCCESSES: frozenset[Outcome] = frozenset({"accepted", "hasty", "spooled", "duplicate"})


@dataclass(frozen=True, slots=True)
class EventResult:
    """The fate of the event at `index` of a request."""

    index: int
    outcome: Outcome
    id: str | None = None
    stream: str | None = None
    error: PlatformError | None = None
    event: Any = None

    def as_json(self) -> dict[str, Any]:
        """The entry of an answer: EventGate's `status`, `event`, `context`, and our index, id, code, place, remedy."""
        error = self.error
        entry: dict[str, Any] = {
            "status": "invalid" if self.outcome == "invalid" else "error",
            "result": self.outcome,
            "index": self.index,
            "id": self.id,
            "code": error.code if error else None,
            "pointer": error.pointer if error else "",
            "message": str(error) if error else "",
            "remedy": error.hint if error else "",
            "event": self.event,
        }
        violations = error.facts.get("violations") if error else None
        if isinstance(violations, tuple):
            entry["context"] = {
                "errors": [{"pointer": v.pointer, "keyword": v.keyword, "message": v.message} for v in violations],
                "errorsText": ", ".join(f"'{v.pointer}' {v.message}" for v in violations),
            }
        else:
            entry["context"] = {"message": entry["message"]}
        return entry


@dataclass(frozen=True, slots=True)
class Summary:
    """Status, sentence and body of an answer about many events."""

    status: int
    detail: str
    body: dict[str, Any] | None
    retry_after_seconds: int | None = None


def summarise(results: Sequence[EventResult]) -> Summary:
    """The answer for a whole request."""
    return summarise_failures(len(results), [result for result in results if result.outcome not in SUCCESSES])


def summarise_failures(total: int, failures: Sequence[EventResult]) -> Summary:
    """The answer for a request of `total` events, all accepted but `failures`.

    Codes and sentences as EventGate 1.8 (`routes/events.js`), but a client's mistake is 4xx where EventGate says 500,
    and a log that is away is 503 with Retry-After.
    """
    failed = len(failures)
    if not failed:
        return Summary(HTTPStatus.CREATED, f"All {total} out of {total} events were accepted.", None)
    invalid = [failure for failure in failures if failure.outcome == "invalid"]
    errored = [failure for failure in failures if failure.outcome != "invalid"]
    kinds = f"({len(invalid)} invalid and {len(errored)} errored)."
    if failed < total:
        status = int(HTTPStatus.MULTI_STATUS)
        detail = f"{total - failed} out of {total} events were accepted, but {failed} failed {kinds}"
    elif errored:
        status = _common_status(failures)
        detail = f"{failed} out of {total} events had failures and were not accepted. {kinds}"
    else:
        status = int(HTTPStatus.BAD_REQUEST)
        detail = f"{failed} out of {total} events were invalid and not accepted."
    body = problem(status, detail) | {
        "invalid": [failure.as_json() for failure in invalid],
        "error": [failure.as_json() for failure in errored],
    }
    waits = [failure.error.retry_after_seconds for failure in errored if isinstance(failure.error, RetriableError)]
    return Summary(status, detail, body, max(waits, default=None))


def _common_status(failures: Sequence[EventResult]) -> int:
    """The status of a request that failed whole: worth a retry if one event is; ours if one is; else what all share."""
    statuses = {failure.error.http_status for failure in failures if failure.error}
    ours = [status for status in statuses if status >= HTTPStatus.INTERNAL_SERVER_ERROR]
    if ours:
        return int(max(ours))
    return int(statuses.pop()) if len(statuses) == 1 else int(HTTPStatus.BAD_REQUEST)


# RFC 9110's name; Python's own changed with 3.13, and an answer must not.
_TITLES: Mapping[int, str] = {413: "Content Too Large"}


def problem(status: int, detail: str, *, code: str = "", remedy: str = "") -> dict[str, Any]:
    """A problem document (RFC 9457): what went wrong, its stable code, and what to do."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(status) or HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
    }
    if code:
        document["code"] = code
    if remedy:
        document["remedy"] = remedy
    return document
