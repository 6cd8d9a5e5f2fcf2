"""An event on its way: what the caller's transaction writes, and what a relay takes up."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson

from eventclient.outbox.errors import EventUnfitError

MAX_KEY = 255
MAX_STREAM = 249
MAX_ID = 64
_STREAM = re.compile(r"[a-zA-Z0-9._-]{1,249}")


class State(StrEnum):
    """Where an event of the outbox is. One that waits is due at a moment, or in the hands of a relay until that moment."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"  # parked with its code; it stays until a person asks for it again or deletes it


@dataclass(frozen=True, slots=True)
class Draft:
    """A row that the caller's transaction writes. `body` is the event as JSON: later changes change nothing."""

    event_id: str
    stream: str
    key: str
    body: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that a relay has taken up. `tries` counts this one too."""

    row: int
    event_id: str
    stream: str
    body: str
    written_at: datetime
    tries: int


def draft(stream: str, event: Any, *, key: str = "", now: datetime | None = None) -> Draft:
    """The row for an event. Its id and its moment are made here, once, and set in it when it is sent; `event` stays as it is.

    Events of one `key` are sent one after another, in the order in which they were written; without a key in any order.

    Raises:
        EventUnfitError: it is no event, or not JSON.
    """
    if not _STREAM.fullmatch(stream):
        raise EventUnfitError("The stream's name must be 1 to 249 letters, digits, dots, - or _.")
    if len(key) > MAX_KEY:
        raise EventUnfitError(f"The key has more than {MAX_KEY} characters.")
    made = _as_mapping(event)
    try:
        body = orjson.dumps(dict(made)).decode()
    except TypeError as error:  # orjson's own words name a type, never a value
        raise EventUnfitError(f"The event is not JSON: {error}.") from None
    return Draft(_id_of(made), stream, key, body, now or datetime.now(UTC))


def _as_mapping(event: Any) -> Mapping[str, Any]:
    made = event.to_event() if hasattr(event, "to_event") else event
    if not isinstance(made, Mapping):
        raise EventUnfitError(f"An event must be an object, not {type(made).__name__}.")
    return made


def _id_of(event: Mapping[str, Any]) -> str:
    """The caller's own where it can be one; else a random one, under which the intake knows the event at its second try."""
    meta = event.get("meta")
    given = meta.get("id") if isinstance(meta, Mapping) else None
    return given if isinstance(given, str) and 0 < len(given) <= MAX_ID else str(uuid.uuid4())
