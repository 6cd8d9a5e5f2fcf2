"""What a page says of something deprecated: since when, why, what to use instead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from registry.api.answers import nearest_deprecation
from registry.models import SchemaTitle, SchemaVersion
from registry.pages import links as page_links

_WHAT = {"version": "This version", "title": "This schema", "repository": "Its repository"}
_WHAT_IN_LISTS = {**_WHAT, "version": "Its newest version"}


@dataclass(frozen=True, slots=True)
class Note:
    """The nearest deprecation that holds; `what` is the version, the title or the repository, in words."""

    what: str
    since: date
    reason: str
    replacement: str
    link: str


def note_on(row: SchemaVersion | SchemaTitle) -> Note | None:
    """What is said on a version's page, or of a title in a list, where its newest version speaks for it."""
    found = nearest_deprecation(row)
    if found is None:
        return None
    words = _WHAT if isinstance(row, SchemaVersion) else _WHAT_IN_LISTS
    link = page_links.replacement_link(found.replacement)
    return Note(words[found.level], found.since, found.reason, found.replacement, link)
