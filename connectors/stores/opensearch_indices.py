"""The indices of a connector's streams: named, made from templates, widened in place, one for each period where asked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from connectors.mapping.values import Plan
from connectors.sinks.base import StoreUnavailableError
from connectors.stores.opensearch_client import Client
from connectors.stores.opensearch_mapping import MAX_FIELDS, OWN_PROPERTIES, Properties, event_plan, merged, missing, properties

# `@` is in no stream's name, so what holds it is never taken for another stream's index.
MARK = "@"
_LONGEST_STEM = 180  # of the 255 bytes of an index's name
_DIGEST_LENGTH = 8
_PERIODS = {"none": "", "year": "%Y", "month": "%Y.%m", "day": "%Y.%m.%d"}
_NOT_FOUND, _BAD_REQUEST = 404, 400
_OWN: Mapping[str, Properties] = {
    "offsets": {
        "connector": {"type": "keyword"},
        "topic": {"type": "keyword", "ignore_above": 1000},
        "partition": {"type": "integer"},
        "next_offset": {"type": "long"},
        "incarnation": {"type": "keyword"},
        "cluster_id": {"type": "keyword"},
        "generation": {"type": "short"},
        "written": {"type": "date"},
    },
    "canaries": {
        "connector": {"type": "keyword"},
        "stream": {"type": "keyword", "ignore_above": 1000},
        "id": {"type": "keyword", "ignore_above": 1000},
        "sent": {"type": "date"},
        "written": {"type": "date"},
    },
}


@dataclass(frozen=True, slots=True)
class Shape:
    """How indices are made."""

    prefix: str
    period: str = "none"
    shards: int = 1
    replicas: int = 1
    refresh_seconds: float = 1.0
    with_text: bool = False


@lru_cache(maxsize=1024)
def index_name(prefix: str, stream: str) -> str:
    """Names of indices know no capitals, and end after 255 bytes: a digest keeps apart what would then be alike."""
    name = stream.lower()
    if name != stream or len(name) > _LONGEST_STEM:
        name = f"{name[:_LONGEST_STEM]}~{hashlib.sha256(stream.encode()).hexdigest()[:_DIGEST_LENGTH]}"
    return f"{prefix}{name}"


class Indices:
    """What is known of them in this slice; a person may delete one at any moment."""

    def __init__(self, client: Client, shape: Shape) -> None:
        self.client = client
        self._shape = shape
        self._flat = ""
        self._plans: dict[str, Plan] = {}
        self._ready: set[str] = set()  # indices that are there
        self._prepared: set[tuple[str, str]] = set()

    @property
    def is_split(self) -> bool:
        return self._shape.period != "none"

    def open(self) -> None:
        """Learn whose server it is, and make our own two indices."""
        _, found = self.client.ask("GET", "/")
        # Each has a type for objects of any shape, under a name of its own.
        self._flat = "flat_object" if found.get("version", {}).get("distribution") == "opensearch" else "flattened"
        for name, fields in _OWN.items():
            settings = {"number_of_shards": 1, "auto_expand_replicas": "0-1"}
            self._create(self.own(name), {"settings": settings, "mappings": {"dynamic": False, "properties": fields}})

    def own(self, name: str) -> str:
        """Of `offsets` and `canaries`."""
        return f"{self._shape.prefix}{MARK}{name}"

    def base(self, stream: str) -> str:
        """The stream's index, or the alias of all its indices."""
        return index_name(self._shape.prefix, stream)

    def at(self, stream: str, moment: datetime) -> str:
        """The index for what was taken in at that moment, there from now on."""
        name = self.base(stream)
        if self.is_split:
            name += MARK + moment.astimezone(UTC).strftime(_PERIODS[self._shape.period])
            if name not in self._ready:
                self._create(name, {})
        return name

    def end_of(self, index: str) -> datetime | None:
        """The end of the period of which an index is; None for one that is not split, nobody's, or the last one of all."""
        _, _, period = index.rpartition(MARK)
        if not self.is_split:
            return None
        try:
            begin = datetime.strptime(period, _PERIODS[self._shape.period]).replace(tzinfo=UTC)
            if self._shape.period == "day":
                return begin + timedelta(days=1)
            month = begin.month % 12 + 1 if self._shape.period == "month" else 1
            return begin.replace(year=begin.year + (month == 1), month=month)
        except (ValueError, OverflowError):  # the end of the last period of year 9999 is no date
            return None

    def plan(self, stream: str) -> Plan:
        """How values fit the stream's index, once it was prepared."""
        return self._plans.get(stream, {})

    def forget(self) -> None:
        """After an index went missing: look again before the next step."""
        self._ready.clear()
        self._prepared.clear()

    def prepare(self, stream: str, schema_id: str, document: Mapping[str, Any], *, may_widen: bool) -> None:
        """Template, index and fields for events of this schema; under `freeze` only what isn't there at all."""
        if (stream, schema_id) in self._prepared:
            return
        base = self.base(stream)
        there = self._there(base)
        wanted = properties(document, flat=self._flat, with_text=self._shape.with_text)
        if not there or may_widen:
            added = missing(wanted, there or OWN_PROPERTIES)
            now = merged(there or OWN_PROPERTIES, added)
            if added or not there:
                self._put_template(base, now)
                self._widen(base, added)
            there = now
        if not self.is_split and base not in self._ready:
            self._create(base, {})
        self._plans[stream] = event_plan(there)
        self._prepared.add((stream, schema_id))

    def _there(self, base: str) -> Properties:
        """The fields of the stream's newest index, and those of its template for the next one."""
        status, found = self.client.ask("GET", f"/_index_template/{quote(base, safe='')}", fine=[_NOT_FOUND])
        there: Properties = {}
        if status != _NOT_FOUND:
            there = found["index_templates"][0]["index_template"]["template"]["mappings"]["properties"]
        status, indices = self.client.ask("GET", f"/{quote(base, safe='')}/_mapping", fine=[_NOT_FOUND])
        if status != _NOT_FOUND and indices:
            self._ready.update(indices)
            there = merged(indices[max(indices)]["mappings"].get("properties", {}), there)
        return there

    def _put_template(self, base: str, fields: Properties) -> None:
        settings = {
            "number_of_shards": self._shape.shards,
            "number_of_replicas": self._shape.replicas,
            "refresh_interval": f"{int(self._shape.refresh_seconds * 1000)}ms",
            "mapping.total_fields.limit": MAX_FIELDS,
        }
        template: dict[str, Any] = {"settings": settings, "mappings": {"dynamic": False, "properties": fields}}
        if self.is_split:
            template["aliases"] = {base: {}}
        body = {
            "index_patterns": [f"{base}{MARK}*" if self.is_split else base],
            "template": template,
            "priority": 500,
            "_meta": {"made_by": "event platform"},
        }
        self.client.ask("PUT", f"/_index_template/{quote(base, safe='')}", body)

    def _widen(self, base: str, added: Properties) -> None:
        """Add fields to every index of the stream there is."""
        if added:
            self.client.ask("PUT", f"/{quote(base, safe='')}/_mapping", {"properties": added}, fine=[_NOT_FOUND])

    def _create(self, name: str, body: Mapping[str, Any]) -> None:
        status, found = self.client.ask("PUT", f"/{quote(name, safe='')}", body, fine=[_BAD_REQUEST])
        kind = found.get("error", {}).get("type") if status == _BAD_REQUEST else ""
        if kind and kind != "resource_already_exists_exception":
            raise StoreUnavailableError(reason=f"it makes no index {name} ({kind})")
        self._ready.add(name)
