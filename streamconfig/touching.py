"""The revisions that touched one item: the database picks its change out, which may be one of thousands of an import."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import F, Func, JSONField, QuerySet, Value

from streamconfig.configuration.changes import Change, from_json
from streamconfig.models import Revision

_OWN = "$[*] ? (@.section == $section && @.name == $name)"


def revisions(section: str, name: str) -> QuerySet[Revision]:
    """Its revisions, newest first, without their documents; `changes_in` tells what each did to it."""
    about = {"section": section, "name": name}
    wanted: tuple[Any, ...] = (F("changes"), Value(_OWN), Value(json.dumps(about)))
    own = Func(*wanted, function="jsonb_path_query_array", output_field=JSONField())
    return Revision.objects.filter(changes__contains=[about]).annotate(own=own).defer("document_text", "changes")


def changes_in(row: Revision) -> tuple[Change, ...]:
    """What a revision of `revisions` did to the item."""
    return from_json(getattr(row, "own", ()))
