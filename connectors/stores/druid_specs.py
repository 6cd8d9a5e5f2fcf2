"""The spec of a Kafka supervisor, made from a stream's schemas alone: what Druid reads, and what of it becomes a row."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.mapping.columns import Path
from connectors.sinks.base import Reading
from connectors.stores.druid_columns import Column, columns
from eventplatform.core.names import CANARY_DOMAIN, HEADER_REPLAYED_FOR

MARK = "eventplatform"  # in a supervisor's context: whose it is
_HEADER = "kafka.header."
_RECEIVED = "kafka.timestamp"
_SCHEMA, _TOPIC = "_schema", "_topic"
# What the filter and the row's time need of every event, whether its schema names it or not; no column has a dot.
_DOMAIN, _TAKEN_IN, _CHOSEN = "meta.domain", "meta.dt", "chosen.time"
_NEEDED: Mapping[str, Path] = {_SCHEMA: ("$schema",), _DOMAIN: ("meta", "domain"), _TAKEN_IN: ("meta", "dt")}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a connector's options say of its supervisors."""

    connector: str
    consumer: Mapping[str, Any]  # Kafka's consumer properties
    time_field: Path = ()
    segment_granularity: str = "HOUR"
    query_granularity: str = "NONE"
    tasks: int = 1
    replicas: int = 1
    publish_minutes: int = 10
    rows_per_segment: int = 5_000_000
    starts_at: str = "first"


def supervisor(reading: Reading, datasource: str, wishes: Wishes) -> dict[str, Any]:
    """The whole spec; its context says whose it is, and by a digest what it was made of."""
    chosen = columns(reading.schemas, reading.steering.privacy)
    spec = {
        "type": "kafka",
        "spec": {
            "dataSchema": _data_schema(chosen, datasource, wishes),
            "ioConfig": _io(reading, chosen, wishes),
            "tuningConfig": _tuning(wishes),
        },
    }
    mark = {
        "connector": wishes.connector,
        "stream": reading.stream,
        "schemas": list(reading.schemas),
        "digest": _digest(spec),
    }
    return {**spec, "context": {MARK: mark}, "suspended": False}


def topic_pattern(topics: Sequence[str]) -> str:
    """A regular expression for exactly these topics. One topic is a pattern too: so a second one changes no offset's name."""
    return "|".join(re.escape(topic).replace(r"\-", "-") for topic in sorted(topics))


def mark_of(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whose a supervisor is; empty for one that a person made."""
    found = (spec.get("context") or {}).get(MARK)
    return found if isinstance(found, Mapping) else {}


def _data_schema(chosen: Sequence[Column], datasource: str, wishes: Wishes) -> dict[str, Any]:
    own = [{"type": "string", "name": name} for name in (_SCHEMA, _TOPIC)]
    return {
        "dataSource": datasource,
        "timestampSpec": {"column": _RECEIVED, "format": "millis"},
        "dimensionsSpec": {"dimensions": [*own, *(column.dimension for column in chosen)], "useSchemaDiscovery": False},
        "granularitySpec": {
            "type": "uniform",
            "segmentGranularity": wishes.segment_granularity,
            "queryGranularity": wishes.query_granularity,
            "rollup": False,
        },
        "transformSpec": {"filter": _filter(wishes.connector), "transforms": [_time(wishes)]},
    }


def _filter(connector: str) -> dict[str, Any]:
    """Events alone: no tombstones, no canaries, nothing that was sent again for another connector."""
    replayed_for = _HEADER + HEADER_REPLAYED_FOR
    return {
        "type": "and",
        "fields": [
            {"type": "not", "field": {"type": "null", "column": _SCHEMA}},
            _absent_or(_DOMAIN, {"type": "not", "field": _equals(_DOMAIN, CANARY_DOMAIN)}),
            _absent_or(replayed_for, _equals(replayed_for, connector)),
        ],
    }


def _absent_or(column: str, other: dict[str, Any]) -> dict[str, Any]:
    """In SQL's logic a comparison with what is absent is never true, negated or not."""
    return {"type": "or", "fields": [{"type": "null", "column": column}, other]}


def _equals(column: str, value: str) -> dict[str, Any]:
    return {"type": "equals", "column": column, "matchValueType": "STRING", "matchValue": value}


def _time(wishes: Wishes) -> dict[str, str]:
    """When the platform took the event in, or what the connector chose; where neither is a time, the record's own."""
    taken_in = f'nvl(timestamp_parse("{_TAKEN_IN}"), "__time")'
    chosen = f'nvl(timestamp_parse("{_CHOSEN}"), {taken_in})'
    return {"type": "expression", "name": "__time", "expression": chosen if wishes.time_field else taken_in}


def _io(reading: Reading, chosen: Sequence[Column], wishes: Wishes) -> dict[str, Any]:
    return {
        "topicPattern": topic_pattern(reading.topics),
        "inputFormat": _input(chosen, wishes),
        "consumerProperties": dict(wishes.consumer),
        "useEarliestOffset": wishes.starts_at == "first",
        "taskCount": wishes.tasks,
        "replicas": wishes.replicas,
        "taskDuration": f"PT{wishes.publish_minutes}M",
    }


def _input(chosen: Sequence[Column], wishes: Wishes) -> dict[str, Any]:
    places = {**_NEEDED, **({_CHOSEN: wishes.time_field} if wishes.time_field else {})}
    places |= {column.name: column.path for column in chosen}
    fields = [{"type": "path", "name": name, "expr": _json_path(path)} for name, path in places.items()]
    return {
        "type": "kafka",
        "topicColumnName": _TOPIC,
        "headerFormat": {"type": "string", "encoding": "UTF-8"},
        "valueFormat": {"type": "json", "flattenSpec": {"useFieldDiscovery": False, "fields": fields}},
    }


def _json_path(path: Path) -> str:
    quoted = (part.replace("\\", "\\\\").replace("'", "\\'") for part in path)
    return "$" + "".join(f"['{part}']" for part in quoted)


def _tuning(wishes: Wishes) -> dict[str, Any]:
    return {
        "type": "kafka",
        "maxRowsPerSegment": wishes.rows_per_segment,
        "resetOffsetAutomatically": False,  # never silently: a person chooses
        "logParseExceptions": False,  # they quote the record
        "maxSavedParseExceptions": 0,
    }


def _digest(spec: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:16]
