"""CloudEvents 1.0 to events: the data becomes the event, the context says its stream, schema, id and time.

| attribute | becomes |
|---|---|
| `source` | `meta.stream`, by the service's `sources`; what the data says of its stream is never heeded |
| `dataschema` | `$schema`, where it is given |
| `id` | `meta.id` |
| `time` | `dt`, where the data has none |

The others (`type`, `subject`, extensions) have no place in an event. Those that say something new are counted as ignored.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from eventplatform.core import metrics, names
from eventplatform.core.errors import RejectedError
from eventplatform.core.services import Service
from eventplatform.guard import cloudevent_errors as errors
from eventplatform.guard.content_types import is_json
from eventplatform.guard.json_body import JsonLimits, check, load
from eventplatform.guard.routes import Route, routes_of

_REQUIRED = ("specversion", "id", "source", "type")
_OPTIONAL = ("datacontenttype", "dataschema", "subject", "time")
_PLACED = frozenset((*_REQUIRED, *_OPTIONAL, "data", "data_base64")) - {"subject"}
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")  # CloudEvents' String has none
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
# Where this platform serves its schemas over HTTP, before the id.
_SCHEMA_PATHS = re.compile(r"/repositories/[^/]+/jsonschema(?=/)|/api/v1/schemas(?=/)")
_MAX_ATTRIBUTE = 2048


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads CloudEvents for a service. `schema_hosts` are the hosts (with ports) at which this platform serves its schemas."""

    service: Service
    limits: JsonLimits
    schema_hosts: Collection[str] = ()
    _routes: Mapping[str, Route] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_routes", routes_of(self.service.sources))

    def structured(self, document: Any) -> dict[str, Any]:
        """The event of one in JSON format.

        Raises:
            RejectedError: one of `cloudevent_errors`.
        """
        if not isinstance(document, dict):
            raise errors.CloudEventError(kind=_KINDS.get(type(document), "a number"))
        kind = document.get("datacontenttype")
        if kind is not None and not (isinstance(kind, str) and is_json(kind)):
            raise errors.DataInvalidError(pointer="/datacontenttype", reason="datacontenttype must be application/json")
        context = {name: value for name, value in document.items() if name not in {"data", "data_base64"} and value is not None}
        event = self._event(context, _data(document, self.limits), "/data")
        self._count_ignored(context)
        return event

    def binary(self, header: Callable[[str], str], data: Any) -> dict[str, Any]:
        """The event of one whose context stands in headers. Extensions can't be told from other headers, so none is counted.

        Raises:
            RejectedError: one of `cloudevent_errors`.
        """
        context = {name: _unescaped(name, header(f"ce-{name}")) for name in (*_REQUIRED, *_OPTIONAL) if header(f"ce-{name}")}
        event = self._event(context, data, "")
        self._count_ignored(context)
        return event

    def _event(self, context: Mapping[str, Any], data: Any, place: str) -> dict[str, Any]:
        _check_context(context)
        route = self._routes.get(context["source"])
        if route is None:
            raise errors.SourceUnknownError(pointer="/source")
        if not isinstance(data, dict):
            raise errors.DataInvalidError(pointer=place, reason="it must be a JSON object")
        meta = data.get("meta", {})
        if not isinstance(meta, dict):
            raise errors.DataInvalidError(pointer=f"{place}/meta", reason="its meta must be an object")
        event = {**data, "meta": {**meta, "stream": route.stream, "id": context["id"]}}
        if "dataschema" in context:
            event["$schema"] = self._schema_id(context["dataschema"])
        elif route.schema_id:
            event.setdefault("$schema", route.schema_id)
        if "time" in context:
            event.setdefault("dt", context["time"])
        return event

    def _schema_id(self, text: str) -> str:
        path = text
        if not text.startswith("/") or text.startswith("//"):
            address = _split(text)
            if address.scheme not in {"http", "https"} or address.netloc.lower() not in self.schema_hosts:
                raise errors.DataSchemaError(pointer="/dataschema")
            path = _SCHEMA_PATHS.sub("", address.path, count=1) if not (address.query or address.fragment) else ""
        if not names.is_schema_id(path):
            raise errors.DataSchemaError(pointer="/dataschema")
        return path

    def _count_ignored(self, context: Mapping[str, Any]) -> None:
        for name in context.keys() - _PLACED:
            kind = "subject" if name == "subject" else "extension"
            metrics.INTAKE_IGNORED.labels(self.service.name, kind).inc()


_KINDS = {str: "a string", bool: "true or false", type(None): "null", list: "an array"}


def _split(text: str) -> Any:
    try:
        return urlsplit(text)
    except ValueError:
        raise errors.DataSchemaError(pointer="/dataschema") from None


def _check_context(context: Mapping[str, Any]) -> None:
    for name in _REQUIRED:
        if context.get(name) in (None, ""):
            raise errors.AttributeMissingError(pointer=f"/{name}", name=name)
    for name in (*_REQUIRED, *_OPTIONAL):
        value = context.get(name, "-")
        if not isinstance(value, str) or not value or len(value) > _MAX_ATTRIBUTE or _CONTROL.search(value):
            expected = f"a text of 1 to {_MAX_ATTRIBUTE} characters without control characters"
            raise errors.AttributeInvalidError(pointer=f"/{name}", name=name, expected=expected)
    if context["specversion"] != "1.0":
        raise errors.AttributeInvalidError(pointer="/specversion", name="specversion", expected="1.0")
    if not _TIME.fullmatch(context.get("time", "2026-01-01T00:00:00Z")):
        raise errors.AttributeInvalidError(pointer="/time", name="time", expected="a timestamp of RFC 3339")


def _data(document: Mapping[str, Any], limits: JsonLimits) -> Any:
    packed = document.get("data_base64")
    if packed is None:
        return document.get("data")
    if document.get("data") is not None:
        raise errors.DataInvalidError(pointer="/data_base64", reason="data and data_base64 exclude each other")
    try:
        body = b64decode(packed, validate=True)
        data = load(body, limits)
        check(body, data, [data], limits)
    except (TypeError, ValueError, binascii.Error):
        raise errors.DataInvalidError(pointer="/data_base64", reason="it is no base64") from None
    except RejectedError as error:
        raise errors.DataInvalidError(pointer="/data_base64", reason=str(error)) from None
    return data


def _unescaped(name: str, value: str) -> str:
    """Of a header's value (HTTP binding, 3.1.3.2): percent-encoded UTF-8, perhaps in double quotes."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise errors.AttributeInvalidError(pointer=f"/{name}", name=name, expected="percent-encoded UTF-8") from None
