"""The question for streams over HTTP, where it is asked, and what answers other than a stream mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote

import httpx

from eventclient.consuming.deliveries import Plan
from eventclient.consuming.errors import SourceRefusedError

FIRST: Final = "since:"  # what a position begins with that is no id of the server yet
_EARLIER = timedelta(seconds=10)  # than the answer: an event is stamped by its producer, and written somewhat later
_OK, _NOT_FOUND, _TOO_MANY, _SERVERS = 200, 404, 429, 500
_MOST_SECONDS = 300.0
# Without these an event can't be told from others, nor from a canary.
_NEEDED_FIELDS = ("meta.stream", "meta.id", "meta.domain", "meta.topic", "meta.partition", "meta.offset")


class AgainError(Exception):
    """Nothing to read now, but later."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


def stream_url(http: httpx.Client, platform: str, stream: str) -> str:
    """The stream server's address, as the platform names it.

    Raises:
        SourceRefusedError: it names none.
        AgainError: it can't say now.
    """
    answer = http.get(f"{platform.rstrip('/')}/api/v1/client", params={"streams": stream}, timeout=10.0)
    check(answer)
    try:
        found = answer.json().get("stream_url")
    except (ValueError, AttributeError):
        raise AgainError("no answer of the platform", 0.0) from None
    if not isinstance(found, str) or not found:
        raise SourceRefusedError("The platform names no stream server.", remedy="Give its address: SseSource(url=…).")
    return found


def question(
    url: str, plan: Plan, *, last_id: bytes, token: str, since: str, filters: Sequence[str], fields: Sequence[str]
) -> tuple[httpx.URL, dict[str, str]]:
    """Address and headers."""
    asked: list[tuple[str, str | int | float | bool | None]] = [("filter", one) for one in filters]
    if fields:
        asked.append(("fields", ",".join(dict.fromkeys((*fields, *_NEEDED_FIELDS)))))
    if since and not last_id:
        asked.append(("since", since))
    if plan.with_canaries:
        asked.append(("canaries", "true"))
    names = ",".join(quote(name, safe="") for name in plan.streams)
    address = httpx.URL(f"{url.rstrip('/')}/v2/stream/{names}").copy_merge_params(httpx.QueryParams(asked))
    headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity", "Cache-Control": "no-cache"}
    headers |= {"Last-Event-ID": last_id.decode()} if last_id else {}
    return address, headers | ({"Authorization": f"Bearer {token}"} if token else {})


def begun_at(answer: httpx.Response) -> str:
    """Shortly before the server's moment, as `since` takes it. Empty where it says none."""
    try:
        told = parsedate_to_datetime(answer.headers.get("date", ""))
        moment = told.replace(tzinfo=told.tzinfo or UTC).astimezone(UTC) - _EARLIER
    except (ValueError, OverflowError):
        return ""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def check(answer: httpx.Response) -> None:
    """Pass a good answer.

    Raises:
        SourceRefusedError: asking again would get the same answer.
        AgainError: later.
    """
    status = answer.status_code
    if status == _OK:
        return
    if status == _NOT_FOUND:
        why = f"status 404 of {answer.url.host}:{answer.url.port}: no topics yet, or no stream server"
        raise AgainError(why, _seconds(answer.headers.get("retry-after", "")))
    if status == _TOO_MANY or status >= _SERVERS:
        raise AgainError(f"status {status}", _seconds(answer.headers.get("retry-after", "")))
    told = _problem(answer)
    raise SourceRefusedError(
        str(told.get("detail") or told.get("message") or f"{answer.url.host} answered {status}."),
        remedy=str(told.get("remedy") or ""),
        code=str(told.get("code") or ""),
    )


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        answer.read()
        found = answer.json()
    except (ValueError, httpx.HTTPError):
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(text: str) -> float:
    return min(float(text), _MOST_SECONDS) if text.isascii() and text.isdigit() else 0.0
