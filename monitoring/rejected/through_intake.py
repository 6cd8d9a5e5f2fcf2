"""How events that the intake refused go back: judged by its gate, sent through its own door."""

from __future__ import annotations

import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import httpx
from django.conf import settings

from eventplatform import panels
from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.core.errors import PlatformError
from eventplatform.core.gate import Gate, Request
from eventplatform.core.services import Service
from eventplatform.panels import Edited
from monitoring.posting import reason_of
from streamconfig.lookups import snapshot

_TIMEOUT_SECONDS = 10.0
_TRIES = 4
_ASKS_FOR_PATIENCE = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_GATEWAY})
_LONGEST_WAIT_SECONDS = 5.0


def check(letter: DeadLetter, event: dict[str, Any]) -> str:
    """Why the gate would refuse `event` (which it fills); empty where it would pass."""
    configuration = snapshot()
    service = configuration.services.get(letter.service) or Service(letter.service)
    gate = Gate(
        find_stream=configuration.find_stream,
        find_schema=configuration.find_schema,
        new_id=lambda: "0",
        services={letter.service} if letter.service else (),
        service=service,
        find_service=configuration.services.get,
    )
    try:
        gate.admit(event, Request(received_at="2000-01-01T00:00:00.000Z", received_ms=0, request_id="dry-run"))
    except PlatformError as error:
        return f"{error.pointer} {error}".strip()
    return ""


def send(edited: Sequence[Edited], note: str) -> list[str]:
    """Post the events as any client does, one by one, under the platform's own key."""
    key = panels.call("intake.platform_key", default="")
    headers = {"x-replayed": note, **({"x-producer-key": key} if key else {})}
    with httpx.Client(base_url=settings.INTAKE_URL, headers=headers, timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        return [_sent(client, one) for one in edited]


def _sent(client: httpx.Client, edited: Edited) -> str:
    service = edited.letter.service
    path = f"/{service}/v1/events" if service in snapshot().services else "/v1/events"
    said = ""
    for number in range(_TRIES):
        try:
            answer = client.post(path, json=edited.event)
        except httpx.HTTPError as error:
            said = f"The intake does not answer: {type(error).__name__}."
            time.sleep(0.2 * 2**number)
            continue
        if answer.status_code in (HTTPStatus.CREATED, HTTPStatus.ACCEPTED):
            return ""
        said = reason_of(answer)
        if answer.status_code not in _ASKS_FOR_PATIENCE:
            break
        time.sleep(_wait(answer))
    return said


def _wait(answer: httpx.Response) -> float:
    asked = answer.headers.get("retry-after", "")
    return min(float(asked), _LONGEST_WAIT_SECONDS) if asked.isdecimal() else 1.0
