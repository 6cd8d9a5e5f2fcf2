"""What the overview tells of the registry: schemas that came in last."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Max
from django.db.models.functions import TruncMinute
from django.urls import reverse

from eventplatform.panels import Change
from registry.models import SchemaVersion


def recent_changes(most: int) -> list[Change]:
    """The newest imports: versions that came together are one line."""
    rows = SchemaVersion.objects.order_by().annotate(at=TruncMinute("imported_at"))
    newest = rows.values_list("at", "title__repository__name").annotate(Count("pk"), Max("schema_id"), Max("imported_at"))
    return [_change(*row[1:]) for row in newest.order_by("-at")[:most]]


def _change(repository: str, versions: int, one: str, at: datetime) -> Change:
    text = f"{one} imported" if versions == 1 else f"{versions} schema versions imported, {one} among them"
    return Change(at, "schema", repository, reverse("schema-repository", args=[repository]), text)
