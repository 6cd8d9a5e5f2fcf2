"""What a route is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from eventplatform.guard.request_head import RequestHead
from intake.profiles.base import ProfileAnswers

NAME = "event-platform-intake"
VERSION = "0.1.0"
DESCRIPTION = "Takes events into the event platform's log."


class Asked(NamedTuple):
    """One question, of a request to the address of a service. `path` is what follows the service's name."""

    path: str
    head: RequestHead
    service: Service
    profile: ProfileAnswers
    every_stream: Iterable[Stream]
    find_stream: Callable[[str], Stream | None]
    home: str = ""  # where people read about the platform
