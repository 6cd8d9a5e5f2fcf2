"""What a worker is told to do next."""

from __future__ import annotations

from typing import NamedTuple

from eventclient.contract.queue import Item


class Fetch(NamedTuple):
    """Ask for the configuration."""

    etag: str | None


class Send(NamedTuple):
    """Post these events as the `attempt`th try. `number` names the request."""

    number: int
    lane: str
    url: str
    items: list[Item]
    attempt: int


class Idle(NamedTuple):
    """Nothing to do for so long, unless somebody calls."""

    seconds: float


Job = Fetch | Send | Idle
