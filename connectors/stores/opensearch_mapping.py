"""From a JSON Schema to the mapping of an index, and from a mapping to the plan by which values fit it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from connectors.mapping.columns import ColumnType
from connectors.mapping.values import PYTHON, MisfitError, Plan

Properties = dict[str, Any]

OWN = "_record"  # where a document came from
EXTRA = "_extra"
MAX_FIELDS = 1000  # as index.mapping.total_fields.limit says by default
_RESERVED_FIELDS = 30  # for ours, and for what a person adds
_MAX_DEPTH = 18  # index.mapping.depth.limit is 20
_LONGEST_TERM = 8191  # a term has at most 32,766 bytes, a letter up to four
_LONGEST_FLAT = 30_000
# The server's own fields of every document, which a document can't hold.
_METADATA = {"_id", "_index", "_source", "_routing", "_field_names", "_ignored", "_nested_path", "_doc_count", "_seq_no"}
_DATES = "strict_date_optional_time||epoch_millis||uuuu-MM-dd HH:mm:ss[.SSSSSSSSS][.SSSSSS][.SSS][XXX]"

# Only what expiry needs is searched for; the other facts of a record are kept to be read, and cost no field.
OWN_PROPERTIES: Properties = {
    OWN: {"properties": {"taken_in": {"type": "date"}}},
    EXTRA: {"type": "object", "enabled": False},
}


def properties(document: Mapping[str, Any], *, flat: str, with_text: bool) -> Properties:
    """The fields of a schema. `flat` is the server's word for objects of any shape; `with_text`: strings word by word too."""
    return _properties(document, 1, flat, with_text=with_text)


def missing(wanted: Properties, there: Properties) -> Properties:
    """What of `wanted` isn't `there` yet, as far as there is room; what is there stays as it is, whatever its type."""
    left = MAX_FIELDS - _RESERVED_FIELDS - _count(there)
    found, _ = _missing(wanted, there, left)
    return found


def merged(there: Properties, added: Properties) -> Properties:
    """Both; objects are joined field by field."""
    result = dict(there)
    for name, field in added.items():
        inner, former = field.get("properties"), result.get(name, {}).get("properties")
        if inner is not None and former is not None:
            result[name] = {**result[name], "properties": merged(former, inner)}
        else:
            result.setdefault(name, field)
    return result


def plan(there: Properties) -> Plan:
    """How values fit the fields of an index; a place without a field has none in the plan either."""
    made: Plan = {}
    for name, field in there.items():
        if "properties" in field:
            made[name] = plan(field["properties"])
        else:
            made[name] = (0, _FITS.get(field.get("type", ""), _anything) if field.get("enabled", True) else _anything)
    return made


def event_plan(there: Properties) -> Plan:
    """The plan for events: what is ours can't be theirs."""
    return plan({name: field for name, field in there.items() if name not in OWN_PROPERTIES})


def _properties(schema: Mapping[str, Any], depth: int, flat: str, *, with_text: bool) -> Properties:
    found: Properties = {}
    for name, inner in (schema.get("properties") or {}).items():
        if name and "." not in name and (depth > 1 or name not in _METADATA | set(OWN_PROPERTIES)):
            found[name] = _field(inner if isinstance(inner, dict) else {}, depth, flat, with_text=with_text)
    return found


def _field(schema: Mapping[str, Any], depth: int, flat: str, *, with_text: bool) -> dict[str, Any]:
    types = _types(schema)
    if types == {"array"}:  # a field may always hold many values
        items = schema.get("items")
        types = _types(items) if isinstance(items, dict) else set()
        return {"type": flat} if types == {"object"} else _scalar(types, items or {}, with_text=with_text)
    if types != {"object"}:
        return _scalar(types, schema, with_text=with_text)
    is_map = isinstance(schema.get("additionalProperties"), dict)  # listed properties are then only hints
    inner = {} if is_map or depth >= _MAX_DEPTH else _properties(schema, depth + 1, flat, with_text=with_text)
    return {"properties": inner} if inner else {"type": flat}


def _scalar(types: set[str], schema: Mapping[str, Any], *, with_text: bool) -> dict[str, Any]:
    match sorted(types):
        case ["string"] if schema.get("format") == "date-time":
            return {"type": "date", "format": _DATES, "ignore_malformed": True}
        case ["string"]:
            text = {"fields": {"text": {"type": "text"}}} if with_text else {}
            return {"type": "keyword", "ignore_above": _LONGEST_TERM, **text}
        case ["integer"]:
            return {"type": "long", "ignore_malformed": True}
        case ["number"]:
            return {"type": "double", "ignore_malformed": True}
        case ["boolean"]:
            return {"type": "boolean"}
    return {"type": "object", "enabled": False}  # kept, but not to be searched


def _types(schema: Mapping[str, Any]) -> set[str]:
    given = schema.get("type", [])
    return ({given} if isinstance(given, str) else set(given)) - {"null"}


def _missing(wanted: Properties, there: Properties, left: int) -> tuple[Properties, int]:
    found: Properties = {}
    for name, field in wanted.items():
        former = there.get(name)
        if former is None and _count({name: field}) <= left:
            found[name] = field
            left -= _count({name: field})
        elif "properties" in field and (former is None or "properties" in former) and left > 0:
            inner, left = _missing(field["properties"], (former or {}).get("properties", {}), left - (former is None))
            found |= {name: {"properties": inner}} if inner else {}
    return found, left


def _count(of: Properties) -> int:
    """As the server counts: objects, fields and their further fields."""
    return sum(1 + _count(field.get("properties", {})) + len(field.get("fields", {})) for field in of.values())


def _each(fits: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A field takes a list of what it takes; nulls in it are as if they weren't there."""

    def check(value: Any) -> Any:
        for one in _flattened(value) if isinstance(value, list) else (value,):
            if one is not None:
                fits(one)
        return value

    return check


def _flattened(values: list[Any]) -> Iterator[Any]:
    for one in values:
        if isinstance(one, list):
            yield from _flattened(one)
        else:
            yield one


def _string(value: Any) -> Any:
    if not isinstance(value, str):
        raise MisfitError("not_a_string")
    return value


def _object(value: Any) -> Any:
    if not isinstance(value, dict):
        raise MisfitError("not_an_object")
    if len(orjson.dumps(value)) > _LONGEST_FLAT:  # each value is a term
        raise MisfitError("too_long")
    return value


def _anything(value: Any) -> Any:
    return value


_string_each, _object_each = _each(_string), _each(_object)
_FITS: Mapping[str, Callable[[Any], Any]] = {
    "keyword": _string_each,
    "text": _string_each,
    "long": _each(PYTHON[ColumnType.INTEGER]),
    "double": _each(PYTHON[ColumnType.NUMBER]),
    "boolean": _each(PYTHON[ColumnType.BOOLEAN]),
    "date": _each(PYTHON[ColumnType.TIME]),
    "flat_object": _object_each,
    "flattened": _object_each,
}
