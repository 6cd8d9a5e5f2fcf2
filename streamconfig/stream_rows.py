"""Writes the rows that lists and forms show, from a document that is being published."""

from __future__ import annotations

import json
from collections.abc import Collection

from django.utils import timezone

from streamconfig.configuration.changes import Change
from streamconfig.configuration.document import DEFAULTS, Document
from streamconfig.models import Defaults, Stream
from streamconfig.configuration.stream_set import Configured, StreamSet

_KEY = "name"
_CONTENT = (
    "description",
    "owner",
    "purpose",
    "contact",
    "is_enabled",
    "settings_text",
    "schema_title",
    "service",
    "sampling_unit",
    "sampling_rate",
    "canary_events_enabled",
)
_STAMP = ("revision", "updated_at", "updated_by")


def write(before: Document, streams: StreamSet, changes: Collection[Change], *, revision: int, author: str) -> None:
    """Bring the rows to what `streams` says; only those of changed streams get a new stamp."""
    touched = {change.stream for change in changes if change.kind != "moved"}
    _upsert([_row(one, revision, author) for one in streams.entries if one.entry.name in touched], (*_CONTENT, *_STAMP))
    if DEFAULTS in touched:
        text = json.dumps(dict(streams.document.defaults), ensure_ascii=False)
        Defaults.objects.update_or_create(pk=1, defaults={"settings_text": text, "revision": revision})
        others = [_row(one, revision, author) for one in streams.entries if one.entry.name not in touched]
        _upsert(others, _CONTENT)
    gone = {entry.name for entry in before.entries} - {entry.name for entry in streams.document.entries}
    Stream.objects.filter(name__in=gone).delete()


def _upsert(rows: list[Stream], columns: Collection[str]) -> None:
    Stream.objects.bulk_create(rows, update_conflicts=True, unique_fields=[_KEY], update_fields=list(columns), batch_size=500)


def _row(one: Configured, revision: int, author: str) -> Stream:
    entry, stream = one.entry, one.stream
    return Stream(
        name=entry.name,
        **{"description": "", "owner": "", "purpose": "", "contact": "", **entry.about.as_json()},
        is_enabled=entry.is_enabled,
        settings_text=json.dumps(dict(entry.settings), ensure_ascii=False),
        schema_title=stream.schema_title,
        service=stream.service,
        sampling_unit=stream.sampling.unit if stream.sampling else "",
        sampling_rate=stream.sampling.rate if stream.sampling else None,
        canary_events_enabled=stream.canary_events_enabled,
        revision=revision,
        updated_at=timezone.now(),
        updated_by=author,
    )
