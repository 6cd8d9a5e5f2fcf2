"""Posts one event through the intake's own HTTP door, as any client does, within a time that is bounded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Self

import httpx

_CONNECT_SECONDS = 2.0
_READ_SECONDS = 5.0
RUN_SECONDS = 10.0  # of one event with all its tries; no new try begins when it can't end by then
_TRIES = 3
_VAIN = 3  # events in a row without any answer: those behind them are not tried, so that one hung intake holds nobody up
_MAX_ERROR = 500
_MAX_CODE = 80
_WORTH_ANOTHER_TRY = frozenset(
    {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)
UNREACHABLE, SILENT, NOT_TRIED = "intake.unreachable", "intake.silent", "intake.not_tried"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the intake said; no status where it didn't. `code` is its error's own, or one of those above."""

    status: int | None
    error: str = ""
    code: str = field(default="", compare=False)
    asked_at: datetime | None = field(default=None, compare=False)
    answered_at: datetime | None = field(default=None, compare=False)

    @property
    def is_accepted(self) -> bool:
        """True where the event is in the log, or on its way there by the intake's promise; 207 is a failure."""
        return self.status in {HTTPStatus.CREATED, HTTPStatus.ACCEPTED}


class Intake:
    """The intake as its clients see it; threads may share it. A repeated try carries the same event id, so consumers can
    tell a double. `prefix` is of the topics that it produces to, `service` the one it is for (none: any).
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "",
        service: str = "",
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url, self.prefix, self.service = url, prefix, service
        timeout = httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS)
        self._client = httpx.Client(base_url=url, headers=headers, timeout=timeout, transport=transport, trust_env=False)
        self._wait = wait
        self._in_vain = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def post(self, event: dict[str, Any]) -> Answer:
        """The answer to `event`, after up to three tries where the intake is away or asks for patience."""
        asked_at = datetime.now(UTC)
        if self._in_vain >= _VAIN:
            error = f"Not tried: the intake at {self.url} gave no answer to those before."
            return Answer(None, error, NOT_TRIED, asked_at)
        answer = self._tried(event)
        self._in_vain = 0 if answer.status else self._in_vain + 1
        return replace(answer, asked_at=asked_at, answered_at=datetime.now(UTC) if answer.status else None)

    def text(self, path: str) -> str | None:
        """The body that `path` answers, or nothing where it answers no 200."""
        try:
            response = self._client.get(path)
        except httpx.HTTPError:
            return None
        return response.text if response.status_code == HTTPStatus.OK else None

    def _tried(self, event: dict[str, Any]) -> Answer:
        deadline = time.monotonic() + RUN_SECONDS - _READ_SECONDS
        answer = Answer(None)
        for number in range(_TRIES):
            if number:
                self._wait(0.3 * number)
            if number and time.monotonic() > deadline:
                break
            answer = self._try(event)
            if answer.status is not None and answer.status not in _WORTH_ANOTHER_TRY:
                break
        return answer

    def _try(self, event: dict[str, Any]) -> Answer:
        try:
            response = self._client.post("/v1/events", json=event)
        except httpx.HTTPError as error:
            is_silent = isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout)
            said = f"The intake does not answer: {error or type(error).__name__}"[:_MAX_ERROR]
            return Answer(None, said, SILENT if is_silent else UNREACHABLE)
        answer = Answer(response.status_code)
        return answer if answer.is_accepted else Answer(response.status_code, *told(response))


def reason_of(response: httpx.Response) -> str:
    """The sentence of a refusal: the first event's message, else the detail, else the body."""
    return told(response)[0]


def told(response: httpx.Response) -> tuple[str, str]:
    """The sentence of a refusal, and its code where it has one."""
    try:
        body = response.json()
        first = next((one for one in body.get("results", []) if "message" in one), None)
        text, code = (first["message"], first.get("code", "")) if first else (body.get("detail", ""), body.get("code", ""))
    except (ValueError, AttributeError, TypeError):
        text, code = response.text, ""
    return str(text)[:_MAX_ERROR], str(code)[:_MAX_CODE]
