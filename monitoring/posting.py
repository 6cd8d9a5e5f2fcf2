"""Posts one event through the intake's own HTTP door, as any client does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

import httpx

_TIMEOUT_SECONDS = 10.0
_TRIES = 3
_MAX_ERROR = 500
_WORTH_ANOTHER_TRY = frozenset(
    {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the intake said; no status where it didn't."""

    status: int | None
    error: str = ""

    @property
    def is_accepted(self) -> bool:
        """True where the event is in the log, or on its way there by the intake's promise."""
        return self.status in {HTTPStatus.CREATED, HTTPStatus.ACCEPTED}


class Intake:
    """The intake as its clients see it. A repeated try carries the same event id, so consumers can tell a double."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = httpx.Client(
            base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS, transport=transport, trust_env=False
        )
        self._wait = wait

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def post(self, event: dict[str, Any]) -> Answer:
        """The answer to `event`, after up to three tries where the intake is away or asks for patience."""
        answer = Answer(None)
        for number in range(_TRIES):
            if number:
                self._wait(0.3 * number)
            answer = self._try(event)
            if answer.status is not None and answer.status not in _WORTH_ANOTHER_TRY:
                break
        return answer

    def text(self, path: str) -> str | None:
        """The body that `path` answers, or nothing where it answers no 200."""
        try:
            response = self._client.get(path)
        except httpx.HTTPError:
            return None
        return response.text if response.status_code == HTTPStatus.OK else None

    def _try(self, event: dict[str, Any]) -> Answer:
        try:
            response = self._client.post("/v1/events", json=event)
        except httpx.HTTPError as error:
            return Answer(None, f"The intake does not answer: {error or type(error).__name__}"[:_MAX_ERROR])
        answer = Answer(response.status_code)
        return answer if answer.is_accepted else Answer(response.status_code, reason_of(response))


def reason_of(response: httpx.Response) -> str:
    """The sentence of a refusal: the first event's message, else the detail, else the body."""
    try:
        body = response.json()
        messages = [one["message"] for one in body.get("results", []) if "message" in one]
        text = messages[0] if messages else body.get("detail", "")
    except (ValueError, AttributeError, TypeError):
        text = response.text
    return str(text)[:_MAX_ERROR]
