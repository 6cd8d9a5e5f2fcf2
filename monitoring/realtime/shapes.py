"""From a JSON Schema to DuckDB's types: objects are STRUCTs, maps are MAPs, what has no fixed shape stays JSON; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Ours in every table; a field of an event with one of these names is found in `_event` alone.
META_COLUMNS = (("_topic", "VARCHAR"), ("_partition", "INTEGER"), ("_offset", "BIGINT"), ("_timestamp", "TIMESTAMP"))
EVENT_COLUMN = "_event"
_RESERVED = {*(name for name, _ in META_COLUMNS), EVENT_COLUMN, "_stream"}
# Words of SQL: a column that is called so stands in quotes.
_WORD = re.compile(
    "all|analyse|analyze|and|anti|any|array|as|asc|asof|asymmetric|at|authorization|binary|both|by|case|cast|check|"
    "collate|collation|column|concurrently|constraint|create|cross|default|deferrable|desc|describe|distinct|do|else|"
    "end|except|false|fetch|for|foreign|freeze|from|full|glob|group|having|ilike|in|initially|inner|intersect|into|is|"
    "isnull|join|lambda|lateral|leading|left|like|limit|natural|not|notnull|null|offset|on|only|or|order|outer|"
    "overlaps|pivot|pivot_longer|pivot_wider|placing|positional|primary|qualify|references|returning|right|select|"
    "semi|show|similar|some|summarize|symmetric|table|tablesample|then|to|trailing|true|union|unique|unpack|unpivot|"
    "using|variadic|verbose|when|where|window|with",
    re.IGNORECASE,
)
_DEEPEST = 10
_SCALARS = {"integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN"}


@dataclass(frozen=True, slots=True)
class Shape:
    """A type: `word` is DuckDB's, or STRUCT with `fields`, or LIST or MAP of `inner`."""

    word: str
    fields: tuple[tuple[str, Shape], ...] = ()
    inner: Shape | None = None
    about: str = ""
    pii: str = ""  # the mark of a field that holds personal data

    def sql(self, *, time: str = "TIMESTAMP") -> str:
        """As DuckDB writes it; texts with offsets from UTC are only read right as TIMESTAMPTZ."""
        if self.word == "STRUCT":
            return f"STRUCT({', '.join(f'{quoted(name)} {one.sql(time=time)}' for name, one in self.fields)})"
        if self.inner is not None:
            inner = self.inner.sql(time=time)
            return f"{inner}[]" if self.word == "LIST" else f"MAP(VARCHAR, {inner})"
        return time if self.word == "TIMESTAMP" else self.word


_JSON = Shape("JSON")
NOTHING = Shape("STRUCT")  # of a stream without a schema


def quoted(name: str) -> str:
    """A name as SQL writes it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def shape_of(document: Mapping[str, Any]) -> Shape:
    """An event's shape by its self-contained schema; columns are its fields."""
    found = _shape({**document, "type": "object", "additionalProperties": False}, 0)
    if found.word != "STRUCT":
        return NOTHING
    return Shape("STRUCT", tuple((name, one) for name, one in found.fields if name.casefold() not in _RESERVED))


def listed(shape: Shape, before: tuple[str, ...] = ()) -> Iterator[tuple[str, Shape]]:
    """Every field with its name as a question writes it, inner ones behind a dot."""
    for name, one in shape.fields:
        path = (*before, name)
        yield ".".join(part if part.isidentifier() and not _WORD.fullmatch(part) else quoted(part) for part in path), one
        yield from listed(one, path)


def _shape(schema: Mapping[str, Any], depth: int) -> Shape:
    about, pii = _text(schema.get("description")), _text(schema.get("x-pii"))
    word, fields, inner = _parts(schema, depth)
    return Shape(word, fields, inner, about, pii)


def _parts(schema: Mapping[str, Any], depth: int) -> tuple[str, tuple[tuple[str, Shape], ...], Shape | None]:
    given = schema.get("type", [])
    types = ({given} if isinstance(given, str) else set(given)) - {"null"}
    kind = types.pop() if len(types) == 1 and depth < _DEEPEST else ""
    if kind == "string":
        return ("TIMESTAMP" if schema.get("format") == "date-time" else "VARCHAR"), (), None
    if kind == "array":
        items = schema.get("items")
        return "LIST", (), _shape(items, depth + 1) if isinstance(items, Mapping) else _JSON
    if kind == "object":
        return _object(schema, depth)
    return _SCALARS.get(kind, "JSON"), (), None


def _object(schema: Mapping[str, Any], depth: int) -> tuple[str, tuple[tuple[str, Shape], ...], Shape | None]:
    others, properties = schema.get("additionalProperties"), schema.get("properties")
    if isinstance(others, Mapping):  # a map: listed properties are then only hints
        return "MAP", (), _shape(others, depth + 1)
    if not isinstance(properties, Mapping):
        return "JSON", (), None
    fields: dict[str, tuple[str, Shape]] = {}
    for name, inner in properties.items():
        if name:  # DuckDB's names know no case: of two alike the first is a column
            fields.setdefault(name.casefold(), (name, _shape(inner if isinstance(inner, Mapping) else {}, depth + 1)))
    return ("STRUCT", tuple(fields.values()), None) if fields else ("JSON", (), None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
