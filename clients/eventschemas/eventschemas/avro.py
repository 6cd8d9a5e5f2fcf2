"""Drafts a JSON Schema from an Avro schema; what does not fit is told as a note, nothing is guessed silently."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eventplatform.core.errors import RejectedError

DRAFT = "https://json-schema.org/draft-07/schema#"
_INTEGERS = {"int": 2**31 - 1, "long": 2**53 - 1}
_LARGEST = 2**53 - 1  # what every client can hold
_TEXT = 4096
_LOGICAL_TEXT: dict[str, dict[str, Any]] = {
    "uuid": {"type": "string", "format": "uuid", "maxLength": 36},
    "date": {"type": "string", "format": "date", "maxLength": 10},
    "time-millis": {"type": "string", "format": "time", "maxLength": 32},
    "time-micros": {"type": "string", "format": "time", "maxLength": 32},
}
_MOMENTS = ("timestamp-millis", "timestamp-micros", "local-timestamp-millis", "local-timestamp-micros")
_LOGICAL_TEXT |= {name: {"type": "string", "format": "date-time", "maxLength": 128} for name in _MOMENTS}


class AvroError(RejectedError):
    """The file is no Avro schema that a JSON Schema can be drafted from."""

    code = "avro.unreadable"
    message = "This is no Avro schema to draft from: {reason}."
    remedy = "Give a record schema as JSON (.avsc), as Avro 1.11 describes it."


@dataclass(slots=True)
class Draft:
    """The drafted schema, and what a person must decide: each note names its place in the draft."""

    document: dict[str, Any]
    notes: list[str] = field(default_factory=list)


def draft(avro: Any, *, title: str, version: str = "1.0.0", fragment: str = "") -> Draft:
    """An event schema with the fields of an Avro record.

    `fragment` names the schema that brings `$schema`, `meta` and `dt`; without one they are written out.

    Raises:
        AvroError: with the place in the Avro schema as pointer.
    """
    if not isinstance(avro, Mapping) or avro.get("type") != "record":
        raise AvroError(reason="its root is no record")
    reader = _Reader()
    body = reader.schema(avro, "", "")
    head = {"title": title, "description": body.pop("description", f"Drafted from {avro.get('name', 'an Avro record')}.")}
    head |= {"$id": f"/{title}/{version}", "$schema": DRAFT, "type": "object"}
    if fragment:
        return Draft(head | {"allOf": [{"$ref": fragment}, {"additionalProperties": False, **body}]}, reader.notes)
    properties = _envelope() | body["properties"]
    required = ["$schema", "dt", "meta", *body.get("required", [])]
    return Draft(
        head | {"additionalProperties": False, "required": sorted(set(required)), "properties": properties}, reader.notes
    )


class _Reader:
    """Reads one Avro schema; `notes` collects what can't be said in a JSON Schema for events."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._named: dict[str, Mapping[str, Any]] = {}
        self._open: list[str] = []

    def schema(self, avro: Any, place: str, path: str) -> dict[str, Any]:
        """`place` is the pointer in the Avro schema, `path` the field's in the draft."""
        if isinstance(avro, list):
            return self._union(avro, place, path)
        if isinstance(avro, str):
            return self._named_or_primitive(avro, place, path)
        if not isinstance(avro, Mapping) or "type" not in avro:
            raise AvroError(pointer=place, reason="a type is missing")
        return self._complex(avro, place, path)

    def _complex(self, avro: Mapping[str, Any], place: str, path: str) -> dict[str, Any]:
        kind = avro["type"]
        if not isinstance(kind, str):
            return self.schema(kind, f"{place}/type", path)
        if kind in {"record", "error", "enum", "fixed"}:
            return self._defined(avro, place, path)
        if kind == "array":
            return {"type": "array", "items": self.schema(avro.get("items"), f"{place}/items", f"{path}[]")}
        if kind == "map":
            return {"type": "object", "additionalProperties": self.schema(avro.get("values"), f"{place}/values", f"{path}.*")}
        return self._logical(avro, place, path)

    def _logical(self, avro: Mapping[str, Any], place: str, path: str) -> dict[str, Any]:
        logical = avro.get("logicalType")
        if logical in _LOGICAL_TEXT:
            if logical != "uuid":
                self.notes.append(f"{path}: a number of {logical} becomes text as in ISO 8601.")
            return dict(_LOGICAL_TEXT[str(logical)])
        if logical is not None:
            self.notes.append(f"{path}: the logical type {logical} has no counterpart; its {avro['type']} is kept.")
        return self._named_or_primitive(str(avro["type"]), place, path)

    def _defined(self, avro: Mapping[str, Any], place: str, path: str) -> dict[str, Any]:
        name = str(avro.get("name", ""))
        if not name:
            raise AvroError(pointer=place, reason=f"a {avro['type']} has no name")
        self._named[name.rpartition(".")[2]] = avro
        if name in self._open:
            raise AvroError(pointer=place, reason=f"{name} holds itself, and a table can't")
        self._open.append(name)
        found = self._body(avro, place, path)
        self._open.pop()
        if isinstance(avro.get("doc"), str):
            found["description"] = " ".join(avro["doc"].split())
        return found

    def _body(self, avro: Mapping[str, Any], place: str, path: str) -> dict[str, Any]:
        if avro["type"] == "enum":
            return {"type": "string", "enum": list(_list(avro.get("symbols"), f"{place}/symbols"))}
        if avro["type"] == "fixed":
            return self._bytes(path, size=avro.get("size"))
        return self._record(avro, place, path)

    def _record(self, avro: Mapping[str, Any], place: str, path: str) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        required: list[str] = []
        for index, one in enumerate(_list(avro.get("fields"), f"{place}/fields")):
            here = f"{place}/fields/{index}"
            if not isinstance(one, Mapping) or not isinstance(one.get("name"), str) or "type" not in one:
                raise AvroError(pointer=here, reason="a field needs a name and a type")
            name = snake_case(one["name"])
            inside = f"{path}.{name}" if path else name
            if name in properties:
                raise AvroError(pointer=here, reason=f"two fields become {name}")
            if name != one["name"]:
                self.notes.append(f"{inside}: was named {one['name']}.")
            properties[name] = self._field(one, here, inside)
            if "default" not in one and not _is_nullable(one["type"]):
                required.append(name)
        found: dict[str, Any] = {"type": "object", "properties": properties}
        return found | {"required": required} if required else found

    def _field(self, one: Mapping[str, Any], here: str, path: str) -> dict[str, Any]:
        found = self.schema(one["type"], f"{here}/type", path)
        if isinstance(one.get("doc"), str):
            found = {**found, "description": " ".join(one["doc"].split())}
        if "description" not in found:
            self.notes.append(f"{path}: needs a description.")
        return found

    def _union(self, branches: list[Any], place: str, path: str) -> dict[str, Any]:
        real = [(index, branch) for index, branch in enumerate(branches) if branch != "null"]
        if not real:
            raise AvroError(pointer=place, reason="a field of nothing but null holds nothing")
        if len(real) > 1:
            self.notes.append(f"{path}: was one of {len(real)} types; the first is kept. Make a field of each.")
        index, branch = real[0]
        return self.schema(branch, f"{place}/{index}", path)

    def _named_or_primitive(self, name: str, place: str, path: str) -> dict[str, Any]:
        if name in _INTEGERS:
            return {"type": "integer", "minimum": -_INTEGERS[name] - (name == "int"), "maximum": _INTEGERS[name]}
        if name in {"float", "double"}:
            return {"type": "number", "minimum": -_LARGEST, "maximum": _LARGEST}
        if name in {"boolean", "string"}:
            return {"type": name}
        if name == "bytes":
            return self._bytes(path)
        if name == "null":
            raise AvroError(pointer=place, reason="a field of nothing but null holds nothing")
        known = self._named.get(name.rpartition(".")[2])
        if known is None:
            raise AvroError(pointer=place, reason=f"no type {name[:100]} is defined before its use")
        return self._defined(known, place, path)

    def _bytes(self, path: str, size: Any = None) -> dict[str, Any]:
        self.notes.append(f"{path}: bytes become text in base64.")
        length = (size + 2) // 3 * 4 if isinstance(size, int) else _TEXT
        return {"type": "string", "contentEncoding": "base64", "maxLength": length}


def snake_case(name: str) -> str:
    """`pageId` and `PageID` as `page_id`."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"_+", "_", re.sub(r"[^a-z0-9]", "_", parts.lower())).strip("_") or "field"


def _is_nullable(avro: Any) -> bool:
    return isinstance(avro, list) and "null" in avro


def _list(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise AvroError(pointer=place, reason="a list is missing")
    return value


def _envelope() -> dict[str, Any]:
    """What every event carries, for repositories without a fragment that says it."""
    moment = {"type": "string", "format": "date-time", "maxLength": 128}
    return {
        "$schema": {
            "type": "string",
            "format": "uri-reference",
            "maxLength": 200,
            "description": "The id of the schema that the event follows.",
        },
        "meta": {
            "type": "object",
            "description": "What the platform needs to know of any event.",
            "additionalProperties": False,
            "required": ["stream"],
            "properties": {
                "stream": {"type": "string", "minLength": 1, "maxLength": 200, "description": "The stream it belongs to."},
                "id": {"type": "string", "maxLength": 128, "description": "Its own id; the intake fills it in."},
                "dt": {**moment, "description": "When it was received; the intake fills it in."},
                "domain": {"type": "string", "minLength": 1, "maxLength": 253, "description": "The site it is about."},
            },
        },
        "dt": {**moment, "description": "When it happened."},
    }
