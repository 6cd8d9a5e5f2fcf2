"""Names of keys in Redis: a template filled from an event and the record that carried it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.mapping.keys import KeyMissingError, key_of, tombstone_key
from eventplatform.core.errors import RejectedError
from eventplatform.core.records import Record

_PLACE = re.compile(r"\{(stream|topic|partition|offset|key|/[^{}]*)\}")


class TemplateInvalidError(RejectedError):
    """A template for keys can't be understood."""

    code = "sink.redis_template"
    message = "The template for keys has a brace that opens or closes no known place: {template}."
    remedy = "Places are stream, topic, partition, offset, key and JSON pointers such as /page/page_id, each in braces."


class Keys:
    """The keys of one stream's records. `pointers` are those of the connector's key, of which `{key}` is made."""

    def __init__(self, template: str, stream: str, pointers: tuple[str, ...] = (), *, is_upsert: bool = False) -> None:
        if re.search(r"[{}]", _PLACE.sub("", template)):
            raise TemplateInvalidError(pointer="/key", template=template)
        self._template = template.replace("{stream}", stream)
        self._places = tuple(_PLACE.findall(template))
        self._pointers = pointers
        self._is_upsert = is_upsert
        self._is_fixed = set(self._places) <= {"stream"}
        own = pointers if is_upsert and "key" in self._places else ()
        self._wanted = tuple(dict.fromkeys((*(one for one in self._places if one.startswith("/")), *own)))

    @property
    def is_by_field(self) -> bool:
        """True where a later record can have the same key."""
        return any(place == "key" or place.startswith("/") for place in self._places)

    def of(self, record: Record, event: Mapping[str, Any], generation: int) -> str:
        """The key of an event; `generation` counts the lives of its topic, whose offsets begin again."""
        if self._is_fixed:
            return self._template
        return self._filled(record, dict(zip(self._wanted, key_of(event, self._wanted), strict=True)), generation)

    def of_tombstone(self, record: Record, generation: int) -> str:
        """The key that a record without a value deletes."""
        values = tombstone_key(record, self._wanted) if self._wanted else ()
        return self._filled(record, dict(zip(self._wanted, values, strict=True)), generation)

    def _filled(self, record: Record, values: Mapping[str, str], generation: int) -> str:
        life = f"~{generation}" if generation else ""
        places = {"topic": record.topic, "partition": str(record.partition), "offset": f"{record.offset}{life}", **values}
        if "key" in self._places:
            places["key"] = self._key(record, values, life)
        return _PLACE.sub(lambda found: places[found[1]], self._template)

    def _key(self, record: Record, values: Mapping[str, str], life: str) -> str:
        if not self._is_upsert:
            return f"{record.topic}{life}:{record.partition}:{record.offset}"
        if self._pointers:
            parts = [values[one] for one in self._pointers]
            return parts[0] if len(parts) == 1 else ":".join(map(_escaped, parts))
        if record.key is None:
            raise KeyMissingError(place="the record's own key")
        return record.key.decode(errors="backslashreplace")


def _escaped(value: str) -> str:
    """So that no two keys of several fields meet: `a:b` and `c`, `a` and `b:c`."""
    return value.replace("%", "%25").replace(":", "%3A")
