"""`/api/v1/client` of the door: the contract's document, made from its schemas and the streams that a test gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from eventclient.testing.formats import as_patterns
from eventclient.testing.schemas import Schema, SchemaFolder
from eventclient.testing.streams import Stream

_ID = "0123456789abcdef0123"
# What a client fills (client contract, §4), and values that it may write there.
_KNOWN: Mapping[str, tuple[Any, ...]] = {
    "meta.id": ("0f8fad5b-d9cb-469f-a165-70867728950e",),
    "meta.domain": ("www.example.org",),
    "dt": ("2026-11-26T12:00:00.250Z",),
    "instrument_name": ("a",),
    "sample.unit": ("pageview", "session", "device"),
    "sample.rate": (0.5, 1),
    "sample.revision": (17,),
    "funnel_name": ("a",),
    "funnel_event_sequence_position": (1,),
    "action": ("a",),
    "browser.pageview_id": (_ID,),
    "browser.session_id": (_ID,),
    "browser.device_id": (_ID,),
    "browser.page_path": ("/page/Garden",),
    "browser.viewport_width_px": (1280,),
    "browser.language": ("en",),
    "performer.pageview_id": (_ID,),
    "performer.session_id": (_ID,),
    "agent.client_platform": ("web", "app", "service"),
}
_EVERYBODY: Mapping[str, Any] = {"sites": [], "except_sites": [], "platforms": [], "is_logged_in": None}


def document(
    url: str, revision: int, schemas: SchemaFolder, streams: Mapping[str, Stream], instruments: Mapping[str, Any]
) -> dict[str, Any]:
    """What a client needs; every service's intake is the door."""
    return {
        "contract": 1,
        "revision": revision,
        "refresh_seconds": 1,
        "intakes": {one.service: f"{url}/{one.service}/v1/events" for one in streams.values()},
        "streams": {name: _stream(one, schemas.newest(one.schema_title)) for name, one in streams.items()},
        "instruments": {key: _instrument(given) for key, given in instruments.items()},
    }


def _stream(one: Stream, schema: Schema | None) -> dict[str, Any]:
    return {
        "schema": schema.schema_id if schema else None,
        "service": one.service,
        "sample": {"unit": "pageview", "rate": 0} if one.disabled else one.sample,
        "changes": list(one.changes),
        "heeds": list(one.heeds),
        "fields": list(_fields(schema.document)) if schema else [],
        "curation": one.curation,
    }


def _instrument(given: Mapping[str, Any]) -> dict[str, Any]:
    audience = {**_EVERYBODY, **(given.get("audience") or {})}
    return {"sample": {"unit": "pageview", "rate": 1}, "changes": [], "fields": [], **given, "audience": audience}


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    for path, values in _KNOWN.items():
        *parents, last = path.split(".")
        around = schema
        for name in parents:
            around = _property(around, name) or {}
        found = _property(around, last)
        if found is not None and all(jsonschema_rs.is_valid(as_patterns(dict(found)), value) for value in values):
            yield path


def _property(schema: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    found = (schema.get("properties") or {}).get(name)
    return found if isinstance(found, Mapping) else None
