"""Brings the rows of 0001 to what 0002 asks of them."""

from __future__ import annotations

import json
from typing import Any

from eventplatform.core.names import document_title
from registry.schema import documents, references, search_text
from registry.schema.packing import pack, unpack

_MAX_TITLE = 200


def fill(apps: Any, _schema_editor: Any) -> None:
    """Packs the documents, numbers the versions of each title, and lets every process load the set anew."""
    version_model = apps.get_model("registry", "SchemaVersion")
    state = apps.get_model("registry", "RegistryState").objects.first()
    numbers: dict[int, int] = {}
    for version in version_model.objects.order_by("imported_at", "major", "minor", "patch").iterator(200):
        numbers[version.title_id] = numbers.get(version.title_id, 0) + 1
        version.number = numbers[version.title_id]
        version.revision = state.revision if state else 0
        title = document_title(json.loads(version.document_text))
        version.document_title = title if len(title) <= _MAX_TITLE else ""
        version.document_packed = pack(version.document_text)
        version.save(update_fields=["number", "revision", "document_title", "document_packed"])


def fill_titles(apps: Any, _schema_editor: Any) -> None:
    """What the search looks at, and what versions refer to: imports write these for new versions alone."""
    for title in apps.get_model("registry", "SchemaTitle").objects.select_related("latest").iterator(200):
        if title.latest:
            title.search_text = search_text.of(title.name, json.loads(unpack(title.latest.document_packed)))
            title.save(update_fields=["search_text"])
    reference_model = apps.get_model("registry", "SchemaReference")
    made_of_others = apps.get_model("registry", "SchemaVersion").objects.filter(is_self_contained=False)
    for version in made_of_others.only("pk", "raw_text", "path").iterator(200):
        named = references.named_in(documents.load(version.raw_text, is_json=version.path.endswith(".json")))
        reference_model.objects.bulk_create([reference_model(version=version, target_id=name) for name in sorted(named)])
