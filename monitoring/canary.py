"""Canary events: synthetic, marked by `meta.domain`, made from a schema's own example; pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from eventplatform.core import names
from eventplatform.core.error_events import TITLES
from eventplatform.core.streams import Stream

NO_EXAMPLE = "Its schema has no example to send. Add one to the schema's `examples`."
SWITCHED_OFF = "The stream is switched off."
NOT_WANTED = "Canaries are switched off for it (canary_events_enabled)."
PATTERN = "It is a pattern of names, not a stream to post to."
NO_INTAKE = "No intake takes its service: CANARY_INTAKES names neither one for it nor one for all services."
ERRORS = "It takes what the intake refused; a canary there would hide real errors."


def build(stream: str, example: Mapping[str, Any], *, event_id: str, now: datetime) -> dict[str, Any]:
    """A canary for `stream` out of its schema's first example, which is left as it is.

    `dt` says `now`, where the schema has one (for a past hour, its beginning); `meta.dt` is left to the intake, as for
    anybody's event.
    """
    event = copy.deepcopy(dict(example))
    meta = event.setdefault("meta", {})
    meta.update(domain=names.CANARY_DOMAIN, stream=stream, id=event_id)
    meta.pop("dt", None)
    if "dt" in event:
        event["dt"] = stamp(now)
    return event


def is_canary(event: Any) -> bool:
    """True for a synthetic event, as every consumer tells it."""
    meta = event.get("meta") if isinstance(event, Mapping) else None
    return isinstance(meta, Mapping) and meta.get("domain") == names.CANARY_DOMAIN


def excluded_because(stream: Stream, example: Mapping[str, Any] | None) -> str:
    """Why no canary is sent to this stream; empty where one is."""
    if stream.name.startswith("/"):
        return PATTERN
    if not stream.is_enabled:
        return SWITCHED_OFF
    if not stream.canary_events_enabled:
        return NOT_WANTED
    if stream.schema_title in {*TITLES, "errors"} or stream.schema_title.startswith("error/"):
        return ERRORS
    return NO_EXAMPLE if example is None else ""


def stamp(moment: datetime) -> str:
    """ISO 8601 in milliseconds, UTC, with a Z: `2026-11-25T15:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
