"""Guidelines on what every event carries: $schema, meta and the time at which it happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from registry.guidelines.contract import Fault, Rule
from registry.guidelines.subject import Subject

_SECTION = "Events"


def _names_its_schema(subject: Subject) -> Iterator[Fault]:
    yield from _wanted(subject, subject.document, "", "$schema", "string", is_required=True)


def _meta_of(subject: Subject) -> Mapping[str, Any] | None:
    meta = subject.properties.get("meta")
    return meta if isinstance(meta, Mapping) else None


def _has_meta(subject: Subject) -> Iterator[Fault]:
    yield from _wanted(subject, subject.document, "", "meta", "object", is_required=True)
    meta = _meta_of(subject)
    if meta is not None:
        yield from _wanted(subject, meta, "/properties/meta", "stream", "string", is_required=True)


def _meta_has_time(subject: Subject) -> Iterator[Fault]:
    meta = _meta_of(subject)
    if meta is not None:
        yield from _time(subject, meta, "/properties/meta", is_required=False)


def meta_has_marks(subject: Subject) -> Iterator[Fault]:
    """What a canary would miss in meta."""
    meta = _meta_of(subject)
    for name in ("id", "domain") if meta is not None else ():
        yield from _wanted(subject, meta or {}, "/properties/meta", name, "string", is_required=False)


def _has_time(subject: Subject) -> Iterator[Fault]:
    yield from _time(subject, subject.document, "", is_required=True)


def _time(subject: Subject, schema: Mapping[str, Any], pointer: str, *, is_required: bool) -> Iterator[Fault]:
    missing = list(_wanted(subject, schema, pointer, "dt", "string", is_required=is_required))
    yield from missing
    declared = (schema.get("properties") or {}).get("dt")
    if isinstance(declared, Mapping) and declared.get("format") != "date-time" and not subject.is_fragment:
        yield Fault(f"{pointer}/properties/dt", "dt is not declared as a date-time.")


def _wanted(
    subject: Subject, schema: Mapping[str, Any], pointer: str, name: str, kind: str, *, is_required: bool
) -> Iterator[Fault]:
    """What keeps `schema` from having that property; fragments are only parts, and need none."""
    if subject.is_fragment:
        return
    declared = (schema.get("properties") or {}).get(name)
    if not isinstance(declared, Mapping):
        yield Fault(f"{pointer}/properties", f"{name} is not declared.")
    elif declared.get("type") != kind:
        yield Fault(f"{pointer}/properties/{name}", f"{name} is not of type {kind}.")
    if isinstance(declared, Mapping) and is_required and name not in (schema.get("required") or ()):
        yield Fault(f"{pointer}/required" if "required" in schema else pointer, f"{name} is not required.")


def _from_fragment(subject: Subject) -> Iterator[Fault]:
    own = (subject.raw or {}).get("properties")
    meta = own.get("meta") if isinstance(own, Mapping) else None
    if not subject.is_fragment and isinstance(meta, Mapping) and "properties" in meta:
        yield Fault("/properties/meta", "meta is written out here.")


RULES = (
    Rule(
        code="EVENT-SCHEMA",
        title="Every event names its schema",
        section=_SECTION,
        analytics="Every event named a schema page and its revision, as two fields of the capsule: schema and revision.",
        production="$schema holds the $id of the version. Written in the guidelines, checked by nothing.",
        chosen="$schema is a required text; the intake takes the event's title and version from it alone.",
        why="One field, and the event says itself by what it is to be read, years later and far from the configuration.",
        remedy="Declare $schema as a string and list it in required, or take both from the common fragment.",
        good="required: [$schema, meta, dt]\n",
        bad="required: [meta, dt]\n",
        check=_names_its_schema,
    ),
    Rule(
        code="EVENT-META",
        title="Every event has meta, and meta names the stream",
        section=_SECTION,
        analytics="A flat capsule of 13 fields around event; the topic followed from the schema's name.",
        production="meta, an object, with meta.stream. Written in the guidelines, checked by nothing.",
        chosen="meta is a required object in which stream is a required text.",
        why="A stream is what is configured, sampled and read; several streams may share one schema.",
        remedy="Take meta from the common fragment with allOf; list meta, and stream inside it, in required.",
        good="properties:\n  meta: {required: [stream]}\n",
        bad="properties:\n  meta: {required: []}\n",
        check=_has_meta,
    ),
    Rule(
        code="EVENT-META-DT",
        title="meta.dt has room for the time of intake",
        section=_SECTION,
        analytics="dt was the time of receipt, set by the cache server, and a client could forge it.",
        production="meta.dt is set by the intake, where a producer sent none.",
        chosen="meta.dt is declared as a date-time. The intake fills it; partitions, retention and completeness go by it.",
        why="An hour's data is complete only by the clock of the platform, never by that of a phone.",
        remedy="Declare meta.dt: a string, format date-time, with maxLength.",
        good="properties:\n  meta:\n    properties:\n      dt: {type: string, format: date-time, maxLength: 40}\n",
        bad="properties:\n  meta:\n    properties:\n      dt: {format: date, maxLength: 40}\n",
        check=_meta_has_time,
    ),
    Rule(
        code="EVENT-META-MARKS",
        title="meta.id and meta.domain are declared",
        section=_SECTION,
        analytics="uuid was computed from host, sequence and time; webHost told the site.",
        production="meta.id and meta.domain come with the common fragment; a canary is told by meta.domain: canary.",
        chosen="Both are declared as texts. Neither is required: the intake sets an id, canaries set the domain.",
        why="Without id nobody can tell a repeat from a second event; without domain no canary is valid.",
        remedy="Declare id and domain inside meta as strings, or take meta from the common fragment.",
        good="properties:\n  meta:\n    properties:\n      domain: {type: string, maxLength: 253}\n",
        bad="properties:\n  meta:\n    properties:\n      domain: {type: boolean}\n",
        check=meta_has_marks,
    ),
    Rule(
        code="EVENT-DT",
        title="dt says when it happened",
        section=_SECTION,
        analytics="Three times with changing meanings (dt, client_dt, timestamp), zones left out: T277330, T240460.",
        production="dt is the event's own time, set by the producer. 30 of 169 schemas have none.",
        chosen="dt stands at the top, is a date-time with zone, and is required of the producer.",
        why="Jobs window by it. A platform can't guess when something happened on a device that was offline.",
        remedy="Declare dt at the top: a string, format date-time, with maxLength; list it in required.",
        good="required: [$schema, meta, dt]\n",
        bad="required: [$schema, meta]\n",
        check=_has_time,
    ),
    Rule(
        code="EVENT-FRAGMENT",
        title="What is common comes from a fragment",
        section=_SECTION,
        level="warning",
        analytics="The capsule was one schema around all others; after the move, a $ref to a fragment.",
        production="Prefer fragments: allOf with a $ref to /fragment/common. Written, checked by nothing.",
        chosen="meta is not written out in an event schema; current.yaml takes it from a fragment.",
        why="A field is added or explained once, and means the same in all streams.",
        remedy="Replace it by allOf: [{$ref: /fragment/…/common/<version>}] in current.yaml.",
        good="properties:\n  page_title: {type: string, description: As readers see it.}\n",
        bad="raw:\n  properties:\n    meta:\n      type: object\n      properties:\n        stream: {type: string}\n",
        check=_from_fragment,
    ),
)
