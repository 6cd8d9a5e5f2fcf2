"""A stub of the platform, and clients that are closed with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from eventclient import Client, connect
from tests.clients.python.producing.stub import Stub, serving

Connect = Callable[..., Client]


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving(sampled_event={"sample": {"unit": "session", "rate": 0.5}}, other_event={"service": "other"}) as started:
        yield started


@pytest.fixture
def connected(stub: Stub) -> Iterator[Connect]:
    """Clients of the stub."""
    made: list[Client] = []

    def make(**options: Any) -> Client:
        made.append(connect(options.pop("url", stub.url), **{"linger_seconds": 0.02, "timeout_seconds": 2.0, **options}))
        return made[-1]

    yield make
    stub.released.set()
    for client in made:
        client.close(0)
