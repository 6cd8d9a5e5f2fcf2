"""Writes the rows that lists and forms show, from a document that is being published."""

from __future__ import annotations

import json
from collections.abc import Collection

from django.utils import timezone

from streamconfig.configuration.changes import DEFAULTS, Change
from streamconfig.configuration.document import STREAMS
from streamconfig.configuration.stream_set import Configured, StreamSet
from streamconfig.item_rows import day
from streamconfig.models import Defaults, Stream

_KEY = "name"
_CONTENT = (
    "description",
    "owner",
    "purpose",
    "contact",
    "is_enabled",
    "settings_text",
    "entry_text",
    "sensitivity",
    "review_on",
    "expires_on",
    "schema_title",
    "service",
    "sampling_unit",
    "sampling_rate",
    "canary_events_enabled",
)
_STAMP = ("revision", "updated_at", "updated_by")


def write(streams: StreamSet, changes: Collection[Change], *, revision: int, author: str) -> None:
    """Bring the rows to what `streams` says; only those of changed streams get a new stamp."""
    touched = {change.name for change in changes if change.section in {DEFAULTS, STREAMS}}
    _upsert([_row(one, revision, author) for one in streams.entries if one.entry.name in touched], (*_CONTENT, *_STAMP))
    if any(change.section == DEFAULTS for change in changes):
        text = json.dumps(dict(streams.document.defaults), ensure_ascii=False)
        Defaults.objects.update_or_create(pk=1, defaults={"settings_text": text, "revision": revision})
        others = [_row(one, revision, author) for one in streams.entries if one.entry.name not in touched]
        _upsert(others, _CONTENT)
    gone = {change.name for change in changes if change.section == STREAMS and change.kind == "removed"}
    Stream.objects.filter(name__in=gone).delete()


def _upsert(rows: list[Stream], columns: Collection[str]) -> None:
    Stream.objects.bulk_create(rows, update_conflicts=True, unique_fields=[_KEY], update_fields=list(columns), batch_size=500)


def _row(one: Configured, revision: int, author: str) -> Stream:
    entry, stream, about = one.entry, one.stream, one.entry.about
    return Stream(
        name=entry.name,
        description=about.description,
        owner=about.owner,
        purpose=about.purpose,
        contact=about.contact,
        sensitivity=about.sensitivity,
        review_on=day(about.review_on),
        expires_on=day(about.expires_on),
        is_enabled=entry.is_enabled,
        settings_text=json.dumps(dict(entry.settings), ensure_ascii=False),
        entry_text=json.dumps(entry.as_json(), ensure_ascii=False),
        schema_title=stream.schema_title,
        service=stream.service,
        sampling_unit=stream.sampling.unit if stream.sampling else "",
        sampling_rate=stream.sampling.rate if stream.sampling else None,
        canary_events_enabled=stream.canary_events_enabled,
        revision=revision,
        updated_at=timezone.now(),
        updated_by=author,
    )
