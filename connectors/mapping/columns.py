"""From a JSON Schema to columns: objects flattened, what has no fixed shape kept as JSON; every column may be empty."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

Path = tuple[str, ...]

# Ours in every table; events can't take these names.
META_COLUMNS = ("_topic", "_partition", "_offset", "_generation", "_timestamp", "_ingested", "_schema", "_extra")
# Postgres has these in every table already.
SYSTEM_COLUMNS = ("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid")
MAX_COLUMNS = 1500  # Postgres ends at 1,600; fields beyond go to _extra
_MAX_NAME_BYTES = 63
_DIGEST_LENGTH = 8
_NOT_PLAIN = re.compile(r"[^a-z0-9_]")


class ColumnType(Enum):
    """What a column holds; a store translates it into its own word."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A place in the events of a schema that becomes a column."""

    path: Path
    type: ColumnType

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer."""
        return pointer(self.path)


def pointer(path: Sequence[str]) -> str:
    """A path as a JSON pointer (RFC 6901)."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def leaves(document: Mapping[str, Any]) -> tuple[Leaf, ...]:
    """The columns of a schema, in the schema's order; `$schema` is left out, it has a column of ours."""
    found = [leaf for leaf in _walk(document, ()) if leaf.path != ("$schema",)]
    return tuple(found[:MAX_COLUMNS])


def column_names(wanted: Sequence[Leaf], taken: Mapping[str, str], reserved: Collection[str] = ()) -> dict[str, str]:
    """A name for each pointer of `wanted` that has none in `taken` (pointer to name) yet; never one that is `reserved`.

    Names once given stay; a new one that is taken gets a digest of its pointer, so that every worker chooses alike.
    """
    used = {*META_COLUMNS, *SYSTEM_COLUMNS, *reserved, *taken.values()}
    new: dict[str, str] = {}
    for leaf in wanted:
        if leaf.pointer not in taken:
            new[leaf.pointer] = unique_name("__".join(leaf.path), leaf.pointer, used)
            used.add(new[leaf.pointer])
    return new


def unique_name(text: str, identity: str, used: Collection[str]) -> str:
    """`text` as a plain name of at most 63 bytes, with a digest of `identity` where it is too long or taken."""
    name = _NOT_PLAIN.sub("_", text.lower()) or "_"
    if len(name) <= _MAX_NAME_BYTES and name not in used:
        return name
    digest = hashlib.sha256(identity.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{name[: _MAX_NAME_BYTES - _DIGEST_LENGTH - 1]}_{digest}"


def _walk(schema: Mapping[str, Any], path: Path) -> Iterator[Leaf]:
    properties = schema.get("properties")
    is_map = isinstance(schema.get("additionalProperties"), dict)  # listed properties are then only hints
    if not path or (isinstance(properties, dict) and properties and not is_map and _types(schema) <= {"object"}):
        for name, inner in (properties or {}).items():
            yield from _walk(inner if isinstance(inner, dict) else {}, (*path, name))
    else:
        yield Leaf(path, _leaf_type(schema))


def _leaf_type(schema: Mapping[str, Any]) -> ColumnType:
    types = _types(schema)
    if len(types) != 1:
        return ColumnType.JSON
    match types.pop():
        case "string":
            return ColumnType.TIME if schema.get("format") == "date-time" else ColumnType.TEXT
        case "integer":
            return ColumnType.INTEGER
        case "number":
            return ColumnType.NUMBER
        case "boolean":
            return ColumnType.BOOLEAN
        case _:
            return ColumnType.JSON


def _types(schema: Mapping[str, Any]) -> set[str]:
    given = schema.get("type", [])
    types = {given} if isinstance(given, str) else set(given)
    return types - {"null"}
