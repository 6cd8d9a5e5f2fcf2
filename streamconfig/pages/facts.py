"""A stream's facts in the words of the pages: state, sampling, volume, what a revision changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventplatform import figures, panels
from eventplatform.core.streams import Sampling
from registry.schema.schema_set import SchemaSet
from streamconfig.configuration import changes
from streamconfig.configuration.stream_set import Configured
from streamconfig.models import Revision

_WORST_FIRST = {"fail": 0, "warn": 1, "ok": 2, "unknown": 3, "paused": 4}
_MAX_TEXT = 60


@dataclass(frozen=True, slots=True)
class Facts:
    """A row of the list, and the head of a stream's page."""

    configured: Configured
    state: str
    word: str
    volume: Sequence[float | None]
    events: float | None

    @property
    def name(self) -> str:
        return self.configured.entry.name

    @property
    def sampling(self) -> str:
        """In words; a stream that is off reaches nobody whatever its rate says."""
        stream = self.configured.stream
        return sampling_words(stream.sampling) if stream.is_enabled else "off"

    @property
    def rank(self) -> tuple[int, float, str]:
        """What needs attention first, then volume."""
        return _WORST_FIRST[self.state], -(self.events or 0), self.name


def facts_of(entries: Iterable[Configured], schemas: SchemaSet) -> list[Facts]:
    """The facts of each entry; volumes come from monitoring, where it counts any."""
    volumes: Mapping[str, Sequence[float | None]] = panels.call("monitoring.volumes", default={})
    return [_facts(one, volumes.get(one.entry.name, ()), schemas) for one in entries]


def _facts(one: Configured, volume: Sequence[float | None], schemas: SchemaSet) -> Facts:
    counted = [value for value in volume if value is not None]
    events = sum(counted) if counted else None
    if not one.stream.is_enabled:
        state, word = "paused", "Switched off"
    elif not schemas.has_title(one.stream.schema_title):
        state, word = "fail", "No schema"
    elif events:
        state, word = "ok", "Receiving"
    else:
        state, word = "unknown", "A pattern" if one.pattern else "No events yet"
    return Facts(one, state, word, volume, events)


def sampling_words(sampling: Sampling | None) -> str:
    """`5 % of sessions`, or everybody where nothing is drawn."""
    if sampling is None:
        return "everybody"
    return f"{_percent(sampling.rate)} of {sampling.unit}s"


def _percent(rate: float) -> str:
    return f"{figures.digits(rate * 100)}\u202f%"


@dataclass(frozen=True, slots=True)
class Event:
    """A revision as a stream's history tells it."""

    revision: Revision
    kind: str
    fields: tuple[tuple[str, str, str], ...]


def history_of(name: str, limit: int = 20) -> list[Event]:
    """The revisions that touched a stream, newest first."""
    about = {"section": "streams", "name": name}
    rows = Revision.objects.filter(changes__contains=[about]).defer("document_text")[:limit]
    return [
        _event(row, one)
        for row in rows
        for one in changes.from_json(row.changes)
        if (one.section, one.name) == ("streams", name)
    ]


def _event(row: Revision, change: changes.Change) -> Event:
    return Event(row, change.kind, field_words(change.fields))


def field_words(fields: Iterable[changes.Field]) -> tuple[tuple[str, str, str], ...]:
    """Path, was, becomes as texts; a side that was absent is empty."""
    return tuple(
        (
            one.path,
            _word(one.path, one.was) if one.was_set else "",
            _word(one.path, one.becomes) if one.is_set else "",
        )
        for one in changes.leaves(fields)
    )


def _word(path: str, value: Any) -> str:
    if path == "sample.rate" and isinstance(value, int | float) and not isinstance(value, bool):
        return _percent(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"
