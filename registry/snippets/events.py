"""The event of a program: a schema's example, whole for an intake; for a caller of a client without what that sets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from registry.snippets.target import Target

_JUDGED = frozenset({"sample", "instrument_name", "funnel_name", "funnel_event_sequence_position"})
_IDENTIFIERS = frozenset({"session_id", "pageview_id", "device_id"})
_PAGE = _IDENTIFIERS | frozenset({"page_path", "viewport_width_px", "language"})
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]+")
_META = frozenset({"stream", "id", "dt", "request_id"})


def example_for(document: Mapping[str, Any], stream: str) -> dict[str, Any] | None:
    """The first example of a schema as an event of `stream`, where one is given."""
    examples = document.get("examples")
    example = examples[0] if isinstance(examples, list) and examples else None
    if not isinstance(example, dict):
        return None
    meta = example.get("meta")
    return {**example, "meta": {**meta, "stream": stream}} if stream and isinstance(meta, dict) else dict(example)


def plain(event: Mapping[str, Any], target: Target) -> dict[str, Any]:
    """What an intake is sent without a client: a new event each time, of the target's own instrument and moment.

    It claims no sample, since nothing sampled it, and its identifiers are in every one: it is no evidence against clients.
    """
    needed = _required(target.document)
    found = {key: _in_every_sample(value) for key, value in event.items() if key != "sample" or key in needed}
    if target.at and isinstance(found.get("dt"), str):
        found["dt"] = target.at
    if isinstance(found.get("meta"), Mapping):  # the intake makes the rest; an id that it knows would be a duplicate
        found["meta"] = {key: value for key, value in found["meta"].items() if key not in _META or key == "stream"}
    if "instrument_name" in found and target.instrument:
        found["instrument_name"] = target.instrument
    elif "instrument_name" not in needed:
        found.pop("instrument_name", None)
    return found


def _in_every_sample(value: Any) -> Any:
    """An object's identifiers as zeros, as long as they are."""
    if not isinstance(value, Mapping):
        return value
    return {key: "0" * len(one) if key in _IDENTIFIERS and _is_hexadecimal(one) else one for key, one in value.items()}


def _is_hexadecimal(value: Any) -> bool:
    return isinstance(value, str) and _HEXADECIMAL.fullmatch(value) is not None


def of_caller(event: Mapping[str, Any], target: Target, *, in_page: bool) -> dict[str, Any]:
    """What a caller of a client says: all but what the client sets by itself (section 4 of its contract)."""
    needed = _required(target.document)
    left_out = {"$schema", "meta", "dt", *(_JUDGED - needed)}
    if "browser" not in needed or (in_page and _required(_property(target.document, "browser")) <= _PAGE):
        left_out.add("browser")
    own = {key: value for key, value in event.items() if key not in left_out}
    if isinstance(own.get("browser"), Mapping):  # a service's: its identifiers come with the call, and are filled in
        kept = _required(_property(target.document, "browser"))
        own["browser"] = {key: value for key, value in own["browser"].items() if key in kept or key not in _IDENTIFIERS}
    meta = _meta(event.get("meta"), _required(_property(target.document, "meta")), in_page=in_page)
    return {**own, "meta": meta} if meta else own


def _meta(meta: Any, needed: frozenset[str], *, in_page: bool) -> dict[str, Any]:
    given = meta if isinstance(meta, Mapping) else {}
    filled = _META | {"domain"} if in_page else _META
    return {key: value for key, value in given.items() if key in needed and key not in filled}


def _required(document: Mapping[str, Any]) -> frozenset[str]:
    found = document.get("required")
    return frozenset(found) if isinstance(found, list) else frozenset()


def _property(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    properties = document.get("properties")
    found = properties.get(name) if isinstance(properties, Mapping) else None
    return found if isinstance(found, Mapping) else {}
