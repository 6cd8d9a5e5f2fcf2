"""Key and timestamp of an event's record, as EventGate makes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from eventplatform.core import javascript
from eventplatform.core.refusals import KeyFieldMissingError

Path = tuple[str, ...]

_ABSENT: Any = object()
_WRITTEN_ALIKE = frozenset({str, int, bool, type(None)})  # by orjson and by JavaScript


class KeyPlan(NamedTuple):
    """The fields of a key in their order: the path within the key, and the one within the event."""

    fields: tuple[tuple[Path, Path], ...]
    is_flat: bool

    def key(self, event: Mapping[str, Any]) -> bytes:
        """The record's key, `{"wiki_id":"enwiki"}`. A field that is null is part of it; integers stay exact beyond 2^53, too.

        Raises:
            KeyFieldMissingError: a field is absent.
        """
        key: dict[str, Any] = {}
        is_alike = self.is_flat
        for (*parents, name), path in self.fields:
            value = _value(event, path)
            if value is _ABSENT:
                raise KeyFieldMissingError(pointer="/" + "/".join(path), path=".".join(path), name=".".join((*parents, name)))
            is_alike = is_alike and type(value) in _WRITTEN_ALIKE
            _holder(key, parents)[name] = value
        return orjson.dumps(key) if is_alike else javascript.stringify(key)


def key_plan(fields: Mapping[str, str]) -> KeyPlan | None:
    """The plan for a stream's `message_key_fields`; None where it has none. A dotted name makes objects in the key."""
    if not fields:
        return None
    paths = tuple((tuple(name.split(".")), tuple(path.split("."))) for name, path in fields.items())
    return KeyPlan(paths, all(len(name) == 1 and not name[0][:1].isdigit() for name, _ in paths))


def _value(event: Any, path: Path) -> Any:
    for part in path:
        event = event.get(part, _ABSENT) if isinstance(event, dict) else _ABSENT
    return event


def _holder(key: dict[str, Any], parents: list[str]) -> dict[str, Any]:
    for part in parents:
        inside = key.setdefault(part, {})
        if not isinstance(inside, dict):
            inside = key[part] = {}
        key = inside
    return key


def timestamp_ms(event: Mapping[str, Any], path: Path, otherwise: int) -> int:
    """The moment that the field at `path` names, in ms since 1970; `otherwise` where it names none."""
    value = _value(event, path)
    if not isinstance(value, str):
        return otherwise
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        return otherwise
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return max(0, int(aware.timestamp() * 1000))
