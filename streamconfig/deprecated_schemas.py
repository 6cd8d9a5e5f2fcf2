"""Refuses streams that begin to use a deprecated schema; those that use it already go on, and may be changed otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from eventplatform.core.errors import RejectedError
from registry.schema.deprecation import Deprecation
from registry.schema.schema_set import SchemaSet
from streamconfig.configuration.document import Document, merged
from streamconfig.configuration.setting_types import Problem


class SchemaDeprecatedError(RejectedError):
    """A new stream, or another schema for a stream, names one that should not be used any more."""

    code = "stream.schema_deprecated"
    message = "The schema {title} is deprecated since {since}: {reason}."
    remedy = "{instead}"


def problems_of(before: Document, after: Document, schemas: SchemaSet) -> Iterator[Problem]:
    """One problem for each stream that names a deprecated schema now and did not before."""
    used = _titles(before)
    for name, title in _titles(after).items():
        found = schemas.deprecation(title) if title and used.get(name) != title else None
        if found:
            error = SchemaDeprecatedError(
                title=title, since=found.since, reason=found.reason.rstrip(". "), instead=_instead(found)
            )
            yield Problem(name, "/schema_title", error.code, str(error), error.hint)


def _titles(document: Document) -> dict[str, str]:
    named = {entry.name: merged(document.defaults, entry).get("schema_title") for entry in document.entries}
    return {name: title for name, title in named.items() if isinstance(title, str)}


def _instead(found: Deprecation) -> str:
    if found.replacement:
        return f"Use {found.replacement} instead."
    return "Ask its owners what to use instead, or choose another schema."
