"""What became of each event of a request, and what that makes of the request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from eventplatform.core.errors import PlatformError, RetriableError

# The counter of events knows exactly these words; every event ends as one of them.
Outcome = Literal["accepted", "hasty", "invalid", "denied", "disabled", "failed"]
SUCCESSES: frozenset[Outcome] = frozenset({"accepted", "hasty"})


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
    """The answer for a whole request.

    Codes and sentences as EventGate 1.8 (`routes/events.js`), but a client's mistake is 400 where EventGate says 500,
    and a log that is away is 503 with Retry-After.
    """
    total = len(results)
    counts = Counter("ok" if r.outcome in SUCCESSES else "invalid" if r.outcome == "invalid" else "error" for r in results)
    ok, invalid, errors = counts["ok"], counts["invalid"], counts["error"]
    if ok == total:
        return Summary(HTTPStatus.CREATED, f"All {total} out of {total} events were accepted.", None)
    retriable = [r.error for r in results if isinstance(r.error, RetriableError)]
    retry_after = max((e.retry_after_seconds for e in retriable), default=None)
    if ok:
        status = HTTPStatus.MULTI_STATUS
        detail = f"{ok} out of {total} events were accepted, but {total - ok} failed ({invalid} invalid and {errors} errored)."
    elif retriable:
        status = HTTPStatus.SERVICE_UNAVAILABLE
        detail = f"{total} out of {total} events had failures and were not accepted. ({invalid} invalid and {errors} errored)."
    elif not errors:
        status = HTTPStatus.BAD_REQUEST
        detail = f"{invalid} out of {total} events were invalid and not accepted."
    else:
        status = HTTPStatus.BAD_REQUEST
        detail = f"{total} out of {total} events had failures and were not accepted. ({invalid} invalid and {errors} errored)."
    failures = [r for r in results if r.outcome not in SUCCESSES]
    body = problem(status, detail) | {
        "invalid": [r.as_json() for r in failures if r.outcome == "invalid"],
        "error": [r.as_json() for r in failures if r.outcome != "invalid"],
    }
    return Summary(status, detail, body, retry_after)


def problem(status: int, detail: str, *, code: str = "", remedy: str = "") -> dict[str, Any]:
    """A problem document (RFC 9457): what went wrong, its stable code, and what to do."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
    }
    if code:
        document["code"] = code
    if remedy:
        document["remedy"] = remedy
    return document
