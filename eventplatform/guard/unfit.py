"""Marks an item of a request that can't be made an event, so that its neighbours are judged all the same."""

from __future__ import annotations

from typing import Any, NamedTuple

from eventplatform.core.errors import RejectedError

_MAX_SHOWN = 8192


class Unfit(NamedTuple):
    """Stands in a request's list of events: what was sent, and why it is refused. The gate takes it for no object."""

    event: Any
    error: RejectedError


def shown(text: bytes) -> str:
    """What to tell of a text that can't stand as an event, as far as it is worth keeping."""
    return text[:_MAX_SHOWN].decode("utf-8", "replace")


def unwrapped(event: Any, error: RejectedError) -> tuple[Any, RejectedError]:
    """What to tell of an event that the gate refused with `error`."""
    return (event.event, event.error) if isinstance(event, Unfit) else (event, error)
