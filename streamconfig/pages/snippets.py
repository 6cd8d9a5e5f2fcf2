"""What the programs of a stream are made of, and its page's tab and panel with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from eventplatform.core.services import Service
from eventplatform.guard import origins
from registry.snippets import programs
from streamconfig import client_schemas, lookups
from streamconfig.configuration.client_view import intake_address
from streamconfig.configuration.instruments import Instrument
from streamconfig.snapshots import Snapshot


def target(name: str, instrument_key: str = "") -> programs.Target | None:
    """Where events of a stream, or of this instrument of it, go, as the version that clients send has them; None: no stream."""
    snapshot = lookups.snapshot()
    stream = snapshot.find_stream(name)
    if stream is None:
        return None
    schema = client_schemas.newest(snapshot.schemas, stream.schema_title)
    instrument = snapshot.stream_set.instruments.get(instrument_key) or _instrument(snapshot, name)
    sampling = instrument.sampling if instrument else stream.sampling
    service = snapshot.services.get(stream.service, Service())  # a stream may be of none
    listed = service.origins if stream.door.origins is None else stream.door.origins
    kept = snapshot.stream_set.document.section("services").get(stream.service, {})
    return programs.Target(
        platform=settings.PUBLIC_URL,
        events=intake_address(kept, stream.service, settings.INTAKE_URL),
        stream=name,
        instrument=instrument.key if instrument else "",
        unit=sampling.unit if sampling else "",
        at=f"{datetime.now(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z",
        origins=None if origins.ANY in listed else tuple(listed),
        is_external=kept.get("audience") == "external",
        document=schema.document if schema else {},
    )


def _instrument(snapshot: Snapshot, stream: str) -> Instrument | None:
    """The instrument that a new client would be for: the first that is on, else the first."""
    own = [one for one in snapshot.stream_set.instruments.values() if one.stream == stream]
    return next((one for one in own if one.is_enabled and one.is_open), own[0] if own else None)


def tab(stream: str, asked: Mapping[str, str]) -> dict[str, Any]:
    """The example of the stream's schema, and the program that an address asks for."""
    goal = target(stream)
    example = programs.example_for(goal.document, stream) if goal else None
    if goal is None or example is None:
        return {"example": None, "snippet": None}
    # Of which version: canaries send the newest one's example, deprecated or not.
    return {"example": example, "schema_id": goal.document.get("$id", ""), **programs.box(example, goal, asked)}


def with_client(stream: str, instrument_key: str) -> tuple[str, str] | None:
    """What sends an example with a client, from a page and from Python; None for a schema without example."""
    goal = target(stream, instrument_key)
    example = programs.example_for(goal.document, stream) if goal else None
    if goal is None or example is None:
        return None
    found = {one.name: one.text for one in programs.snippets(example, goal) if one.way == "client"}
    return found["js"], found["python"]


def panel(name: str) -> Mapping[str, Any] | None:
    """The shortest program, in the language that most producers of the stream speak; None for a schema without example."""
    found = tab(name, {})
    return {"stream": name, **found} if found["snippet"] else None
