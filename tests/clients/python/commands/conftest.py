"""A door that takes test events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eventclient.testing import EventDoor

SCHEMAS = Path(__file__).parents[4] / "examples/schemas/primary"


@pytest.fixture
def door() -> Iterator[EventDoor]:
    with EventDoor(SCHEMAS, {"test.event": "sample/test_event"}) as opened:
        yield opened
