"""Refuses streams that begin to use a deprecated schema; those that use it already go on, and may be changed otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from eventplatform.core.errors import RejectedError
from registry.schema.deprecation import Deprecation
from registry.schema.schema_set import SchemaSet
from streamconfig.configuration.document import Document, Entry, merged
from streamconfig.configuration.setting_types import Problem


class SchemaDeprecatedError(RejectedError):
    """A new stream, or another schema for a stream, names one that should not be used any more."""

    code = "stream.schema_deprecated"
    message = "The schema {title} is deprecated since {since}: {reason}."
    remedy = "{instead}"


def problems_of(before: Document, after: Document, schemas: SchemaSet) -> Iterator[Problem]:
    """One problem for each stream that names a deprecated schema now and did not before."""
    known = {entry.name: entry for entry in before.entries}
    is_same = before.defaults == after.defaults
    for entry in after.entries:
        was = known.get(entry.name)
        if is_same and was is entry:
            continue
        title = _title(after, entry)
        found = schemas.deprecation(title) if title and (was is None or _title(before, was) != title) else None
        if found:
            error = SchemaDeprecatedError(
                title=title, since=found.since, reason=found.reason.rstrip(". "), instead=_instead(found)
            )
            yield Problem(entry.name, "/schema_title", error.code, str(error), error.hint)


def _title(document: Document, entry: Entry) -> str:
    title = merged(document.defaults, entry).get("schema_title")
    return title if isinstance(title, str) else ""


def _instead(found: Deprecation) -> str:
    if found.replacement:
        return f"Use {found.replacement} instead."
    return "Ask its owners what to use instead, or choose another schema."
