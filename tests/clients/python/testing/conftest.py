"""An open door over the sample's schemas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from eventclient.testing import EventDoor

SCHEMAS = Path(__file__).parents[4] / "examples/schemas"
FOLDERS = [SCHEMAS / "primary", SCHEMAS / "secondary"]
STREAMS: dict[str, Any] = {
    "test.event": "sample/test_event",
    "ui.button_click": {"schema_title": "ui/button_click", "service": "web"},
}
GOOD = {"$schema": "/sample/test_event/1.1.0", "meta": {"stream": "test.event"}, "test": "hello"}


@pytest.fixture
def door() -> Iterator[EventDoor]:
    with EventDoor(FOLDERS, STREAMS) as opened:
        yield opened


def post(door: EventDoor, body: Any, path: str = "/v1/events", **headers: str) -> httpx.Response:
    named = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if isinstance(body, bytes):
        return httpx.post(door.url + path, content=body, headers=named)
    return httpx.post(door.url + path, json=body, headers=named)
