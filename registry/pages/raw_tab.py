"""A version's text: as somebody wrote it or resolved, as YAML or JSON."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from eventplatform.core.errors import RejectedError
from registry.models import SchemaVersion
from registry.pages import worked_out
from registry.schema import documents, rendering

_FORMS = {"written": "As written", "resolved": "Resolved"}
_FORMATS = {"yaml": "YAML", "json": "JSON"}


def tab(version: SchemaVersion, query: QueryDict) -> dict[str, Any]:
    """What the tab shows."""
    form = query.get("form") if query.get("form") in _FORMS else "written"
    kind = query.get("as") if query.get("as") in _FORMATS else "yaml"
    text, source = _written(version) if form == "written" else ("", "")
    is_json = source.endswith(".json")
    if form == "resolved" or (kind == "json") != is_json:
        document = worked_out.document_of(version) if form == "resolved" else documents.load(text, is_json=is_json)
        text = rendering.as_json(document) if kind == "json" else rendering.as_yaml(document)
    return {"raw": text, "source": source, "form": form, "format": kind, "forms": _FORMS.items(), "formats": _FORMATS.items()}


def _written(version: SchemaVersion) -> tuple[str, str]:
    """The text with its references: `current.yaml` where the version was made from it, else the version's own file."""
    current = version.title.current_text
    folder = version.path.rpartition("/")[0]
    if current:
        try:
            document = documents.load(current)
        except RejectedError:
            document = None
        if isinstance(document, dict) and document.get("$id") == version.schema_id:
            return current, f"{folder}/current.yaml"
    return version.raw_text, version.path
