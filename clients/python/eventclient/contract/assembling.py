"""What the client sets in an event, and what it leaves alone (§4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from eventclient.contract.context import Context

_OURS = frozenset({"meta.stream", "meta.id", "meta.domain", "dt"})


class Plan(NamedTuple):
    """What a stream's events get, read once from the configuration's `fields`; `older`: those that name another version."""

    stream: str
    schema: str | None
    has_id: bool
    has_domain: bool
    has_dt: bool
    paths: tuple[tuple[str, ...], ...]
    older: Mapping[str, Plan] = MappingProxyType({})


class Moment(NamedTuple):
    """What is new with each call."""

    dt: str
    id: str
    domain: str | None


def plan(stream: str, entry: Mapping[str, Any], instrument: Mapping[str, Any] | None = None) -> Plan:
    parts = [entry, instrument or {}]
    versions = {schema_id for part in parts for schema_id in _older(part)}
    older = {schema_id: _plan(stream, entry, parts, schema_id) for schema_id in versions}
    return _plan(stream, entry, parts)._replace(older=older)


def _plan(stream: str, entry: Mapping[str, Any], parts: list[Mapping[str, Any]], version: str = "") -> Plan:
    fields = dict.fromkeys(field for part in parts for field in _fields(part, version))
    paths = tuple(tuple(field.split(".")) for field in fields if field not in _OURS)
    return Plan(stream, entry.get("schema"), "meta.id" in fields, "meta.domain" in fields, "dt" in fields, paths)


def _older(part: Mapping[str, Any]) -> Mapping[str, Any]:
    older = part.get("older")
    return older if isinstance(older, Mapping) else {}


def _fields(part: Mapping[str, Any], version: str) -> list[str]:
    """What is no list of names is as none."""
    named = _older(part).get(version)
    if not isinstance(named, list | tuple):
        named = part.get("fields")
    return [field for field in named if isinstance(field, str)] if isinstance(named, list | tuple) else []


def iso(milliseconds: float) -> str:
    """As `dt` has it: UTC, milliseconds, Z."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def assemble(event: Mapping[str, Any], planned: Plan, context: Context, moment: Moment) -> dict[str, Any]:
    """The event as it is sent. The caller's own is not touched: what is changed is copied before."""
    made = dict(event)
    if planned.older and isinstance(named := made.get("$schema"), str):
        planned = planned.older.get(named, planned)
    if planned.schema is not None:
        made.setdefault("$schema", planned.schema)
    given = made.get("meta")
    meta = dict(given) if isinstance(given, Mapping) else {}
    meta["stream"] = planned.stream
    if planned.has_id:
        meta.setdefault("id", moment.id)
    if planned.has_domain and moment.domain is not None:
        meta.setdefault("domain", moment.domain)
    made["meta"] = meta
    if "client_dt" in made:
        made.pop("dt", None)
    elif planned.has_dt:
        made.setdefault("dt", moment.dt)
    for path in planned.paths:
        value = context.find(path)
        if value is not None:
            _fill(made, path, value)
    return made


def _fill(made: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Where the event says nothing there; the objects on the way are copied, and come into being where there are none."""
    *parents, last = path
    at = made
    for name in parents:
        below = at.get(name, _NOTHING)
        if not isinstance(below, Mapping):
            return
        at[name] = at = dict(below)
    at.setdefault(last, value)


_NOTHING: Mapping[str, Any] = {}
