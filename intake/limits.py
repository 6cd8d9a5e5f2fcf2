"""How much one request may bring, and how long it may wait: the process's settings, and what a service says otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from eventplatform.core import services
from eventplatform.core.gate import MAX_EVENT_BYTES
from eventplatform.guard.json_body import JsonLimits


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for a request."""

    max_body_bytes: int = 10 * 1024 * 1024
    max_event_bytes: int = MAX_EVENT_BYTES
    json: JsonLimits = field(default_factory=JsonLimits)
    ack_timeout_seconds: float = 5.0
    max_waiting_bytes: int = 128 * 1024 * 1024  # of all bodies together that a process is reading


def limits_of(own: services.Limits, process: Limits) -> Limits:
    """A service's limits; what it leaves open, or would raise, is as the process's settings say."""
    json = replace(
        process.json,
        max_events=_least(own.max_events, process.json.max_events),
        max_depth=_least(own.max_depth, process.json.max_depth),
        max_keys=_least(own.max_keys, process.json.max_keys),
    )
    return replace(
        process,
        max_body_bytes=_least(own.max_body_bytes, process.max_body_bytes),
        max_event_bytes=_least(own.max_event_bytes, process.max_event_bytes),
        json=json,
    )


def _least(own: int | None, most: int) -> int:
    return most if own is None else min(own, most)
