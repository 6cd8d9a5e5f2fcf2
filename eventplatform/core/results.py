"""What became of each event of a request, and what that makes of the request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from eventplatform.core.errors import PlatformError

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

    @property
    def is_success(self) -> bool:
        """The event is kept, now or already before."""
        return self.outcome in SUCCESSES

    def as_json(self, errors_url: str = "") -> dict[str, Any]:
        """The entry of an answer. `errors_url` and an error's code together are the page that explains it."""
        entry: dict[str, Any] = {"index": self.index, "id": self.id, "stream": self.stream, "result": self.outcome}
        if self.outcome == "duplicate":
            entry["duplicate"] = True
        error = self.error
        if error is None:
            return entry
        entry |= {"code": error.code, "pointer": error.pointer, "message": str(error), "remedy": error.hint}
        if errors_url:
            entry["doc"] = errors_url + error.code
        violations = error.facts.get("violations")
        if isinstance(violations, tuple):
            entry["violations"] = [{"pointer": v.pointer, "keyword": v.keyword, "message": v.message} for v in violations]
        return entry


@dataclass(frozen=True, slots=True)
class Summary:
    """Status and sentence of an answer about many events, and when to send again what failed."""

    status: int
    detail: str
    retry_after_seconds: int | None = None


def summarise(results: Sequence[EventResult], *, spooled_status: int = HTTPStatus.ACCEPTED) -> Summary:
    """The answer for a whole request.

    Codes and sentences as EventGate 1.8 (`routes/events.js`), but a client's mistake is 4xx where EventGate says 500,
    and a log that is away is 503 with Retry-After.
    """
    failures = [result for result in results if not result.is_success]
    invalid = sum(failure.outcome == "invalid" for failure in failures)
    detail = sentence(len(results), invalid, len(failures) - invalid)
    if not failures:
        is_spooled = any(result.outcome == "spooled" for result in results)
        return Summary(spooled_status if is_spooled else HTTPStatus.CREATED, detail)
    status = HTTPStatus.MULTI_STATUS if len(failures) < len(results) else _common_status(failures)
    waits = (failure.error.retry_after_seconds for failure in failures if failure.error)
    return Summary(int(status), detail, max((wait for wait in waits if wait is not None), default=None))


def sentence(total: int, invalid: int, errored: int) -> str:
    """What EventGate's reason phrase says of a request of `total` events."""
    failed = invalid + errored
    if not failed:
        return f"All {total} out of {total} events were accepted."
    kinds = f"({invalid} invalid and {errored} errored)."
    if failed < total:
        return f"{total - failed} out of {total} events were accepted, but {failed} failed {kinds}"
    if errored:
        return f"{failed} out of {total} events had failures and were not accepted. {kinds}"
    return f"{failed} out of {total} events were invalid and not accepted."


def _common_status(failures: Iterable[EventResult]) -> int:
    """The status of a request that failed whole: worth a retry if one event is; ours if one is; else what all share."""
    statuses = {failure.error.http_status for failure in failures if failure.error}
    ours = [status for status in statuses if status >= HTTPStatus.INTERNAL_SERVER_ERROR]
    if ours:
        return int(max(ours))
    return int(statuses.pop()) if len(statuses) == 1 else int(HTTPStatus.BAD_REQUEST)


# RFC 9110's name; Python's own changed with 3.13, and an answer must not.
_TITLES: Mapping[int, str] = {413: "Content Too Large"}


def title_of(status: int) -> str:
    """The name of a status."""
    return _TITLES.get(status) or HTTPStatus(status).phrase


def problem(status: int, detail: str, *, code: str = "", remedy: str = "") -> dict[str, Any]:
    """A problem document (RFC 9457): what went wrong, its stable code, and what to do."""
    document: dict[str, Any] = {"type": "about:blank", "title": title_of(status), "status": int(status), "detail": detail}
    if code:
        document["code"] = code
    if remedy:
        document["remedy"] = remedy
    return document
