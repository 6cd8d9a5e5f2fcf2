"""Events as Avro: a schema derived from the JSON Schema, and values made to fit it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import fastavro
import orjson

from eventplatform.core.errors import RejectedError

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_]")
_EXTRA = "_extra"  # fields that the schema doesn't have, as the text of a JSON object
_LONG = 2**63

Convert = Callable[[Any], Any]


class NotInAvroError(RejectedError):
    """A value doesn't fit the type that the schema gives its field."""

    code = "sink.not_in_avro"
    message = "The value at {place} is no {wanted}, which its schema makes it in Avro."
    remedy = "Mend the event, or mirror this stream as JSON."


class AvroSchema:
    """The Avro schema of one JSON Schema. Every field may be null, so that versions can read each other.

    Objects with properties become records, those with typed additional properties maps, lists arrays; what has no one type
    becomes the text of its JSON. Names that Avro can't have get underscores, their own name stands in `doc`.
    """

    def __init__(self, title: str, document: Mapping[str, Any]) -> None:
        self._names: set[str] = set()
        schema, self._convert = self._record(_plain(title.replace("/", "_")), document, "", is_top=True)
        self.text = orjson.dumps(schema).decode()
        self._parsed = fastavro.parse_schema(schema)

    def encode(self, event: Mapping[str, Any]) -> bytes:
        """The event's binary form, without a header.

        Raises:
            NotInAvroError: a value can't be written as its type.
        """
        out = BytesIO()
        fastavro.schemaless_writer(out, self._parsed, self._convert(event))
        return out.getvalue()

    def _record(
        self, name: str, document: Mapping[str, Any], place: str, *, is_top: bool = False
    ) -> tuple[dict[str, Any], Convert]:
        fields: list[dict[str, Any]] = []
        converts: dict[str, tuple[str, Convert]] = {}
        used: set[str] = {_EXTRA}
        for field, inner in document.get("properties", {}).items():
            plain = _unique(_plain(field), used)
            kind, convert = self._type(f"{name}_{plain}", inner if isinstance(inner, dict) else {}, f"{place}/{field}")
            doc = {} if plain == field else {"doc": field}
            fields.append({"name": plain, "type": ["null", kind], "default": None, **doc})
            converts[field] = (plain, convert)
        fields.append({"name": _EXTRA, "type": ["null", "string"], "default": None})
        named = {"type": "record", "name": _unique(name, self._names), "fields": fields}
        return named, _record_convert(converts, place or "the top" if is_top else place)

    def _type(self, name: str, schema: Mapping[str, Any], place: str) -> tuple[Any, Convert]:
        types = _types(schema)
        if len(types) != 1:
            return "string", _as_json_text
        return self._of_one_type(types.pop(), name, schema, place)

    def _of_one_type(self, word: str, name: str, schema: Mapping[str, Any], place: str) -> tuple[Any, Convert]:
        additional = schema.get("additionalProperties")
        if word == "object" and isinstance(additional, dict):
            kind, convert = self._type(f"{name}_value", additional, f"{place}/*")
            return {"type": "map", "values": ["null", kind]}, _map_convert(convert, place)
        if word == "object" and schema.get("properties"):
            return self._record(name, schema, place)
        if word == "array" and isinstance(schema.get("items"), dict):
            kind, convert = self._type(f"{name}_item", schema["items"], f"{place}/*")
            return {"type": "array", "items": ["null", kind]}, _list_convert(convert, place)
        if word in _SCALARS:
            kind, is_one = _SCALARS[word]
            return kind, _scalar_convert(is_one, place, word)
        return "string", _as_json_text


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_LONG <= value < _LONG


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_SCALARS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("string", lambda value: isinstance(value, str)),
    "integer": ("long", _is_integer),
    "number": ("double", _is_number),
    "boolean": ("boolean", lambda value: isinstance(value, bool)),
}


def _record_convert(converts: Mapping[str, tuple[str, Convert]], place: str) -> Convert:
    def convert(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise NotInAvroError(pointer=place, place=place, wanted="object")
        found: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for field, inner in value.items():
            known = converts.get(field)
            if known is None:
                extra[field] = inner
            elif inner is not None:
                found[known[0]] = known[1](inner)
        if extra:
            found[_EXTRA] = orjson.dumps(extra).decode()
        return found

    return convert


def _map_convert(inner: Convert, place: str) -> Convert:
    def convert(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise NotInAvroError(pointer=place, place=place, wanted="object")
        return {name: None if one is None else inner(one) for name, one in value.items()}

    return convert


def _list_convert(inner: Convert, place: str) -> Convert:
    def convert(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise NotInAvroError(pointer=place, place=place, wanted="array")
        return [None if one is None else inner(one) for one in value]

    return convert


def _scalar_convert(is_one: Callable[[Any], bool], place: str, word: str) -> Convert:
    def convert(value: Any) -> Any:
        if not is_one(value):
            raise NotInAvroError(pointer=place, place=place, wanted=word)
        return value

    return convert


def _as_json_text(value: Any) -> str:
    return orjson.dumps(value).decode()


def _plain(name: str) -> str:
    plain = _NOT_PLAIN.sub("_", name) or "_"
    return f"_{plain}" if plain[0].isdigit() else plain


def _unique(name: str, used: set[str]) -> str:
    number, found = 2, name
    while found in used:
        found, number = f"{name}_{number}", number + 1
    used.add(found)
    return found


def _types(schema: Mapping[str, Any]) -> set[str]:
    given = schema.get("type", [])
    return ({given} if isinstance(given, str) else set(given)) - {"null"}
