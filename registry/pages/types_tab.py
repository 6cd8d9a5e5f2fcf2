"""A version's events as types: TypeScript for pages and Node, dataclasses for Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict

from eventplatform.core.errors import RejectedError
from registry import codegen
from registry.models import SchemaVersion
from registry.pages import worked_out

_LANGUAGES: Mapping[str, tuple[str, str, Callable[[Mapping[str, Any], str], str]]] = {
    "typescript": ("TypeScript", "ts", codegen.typescript),
    "python": ("Python", "py", codegen.python),
}


def tab(version: SchemaVersion, query: QueryDict) -> dict[str, Any]:
    """What the tab shows."""
    language = query.get("types", "")
    language = language if language in _LANGUAGES else "typescript"
    _, ending, write = _LANGUAGES[language]
    try:
        text, error = write(worked_out.document_of(version), _name_of(version.title.name)), ""
    except RejectedError as refused:
        text, error = "", f"{refused} {refused.hint}"
    return {
        "types_text": text,
        "types_error": error,
        "types_language": language,
        "types_ending": ending,
        "types_languages": [(name, title) for name, (title, _, _) in _LANGUAGES.items()],
    }


def _name_of(title: str) -> str:
    """The type's name, as `eventschemas types` gives it: `PageChange` for `mediawiki/page/change`."""
    words = re.split(r"[/_.-]+", title)[-2:]
    return "".join(word[:1].upper() + word[1:] for word in words if word) or "Event"
