"""Writes the rows of a document's own sections that lists and forms show, while it is being published."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone

from streamconfig.configuration import sections
from streamconfig.configuration.changes import Change
from streamconfig.configuration.document import Document
from streamconfig.models import Item

_COLUMNS = ("title", "stream", "owner", "is_enabled", "review_on", "expires_on", "item_text")
_STAMP = ("revision", "updated_at", "updated_by")


def write(after: Document, changes: Collection[Change], *, revision: int, author: str) -> None:
    """Bring the rows of changed items to what `after` says."""
    touched = [(one.section, one.name) for one in changes if one.section in sections.NAMES and one.kind != "moved"]
    kept = [(section, key) for section, key in touched if key in after.section(section)]
    rows = [_row(section, key, after.section(section)[key], revision, author) for section, key in kept]
    fields = (*_COLUMNS, *_STAMP)
    Item.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["section", "key"], update_fields=fields, batch_size=500
    )
    gone = Q()
    for section, key in set(touched) - set(kept):
        gone |= Q(section=section, key=key)
    if gone:
        Item.objects.filter(gone).delete()


def _row(section: str, key: str, item: Mapping[str, Any], revision: int, author: str) -> Item:
    return Item(
        section=section,
        key=key,
        title=str(item.get("title") or "")[:200],
        stream=str(item.get("stream") or "")[:249],
        owner=str(item.get("owner") or "")[:200],
        is_enabled=item.get("is_enabled", True),
        review_on=day(item.get("review_on")),
        expires_on=day(item.get("expires_on")),
        item_text=json.dumps(dict(item), ensure_ascii=False),
        revision=revision,
        updated_at=timezone.now(),
        updated_by=author,
    )


def day(text: Any) -> date | None:
    """A date as documents write it."""
    return date.fromisoformat(text) if text else None
