"""The columns that a person may ask about: what the store has, without what tells of people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.mapping.columns import ColumnType, Path
from eventplatform.core.pii_marks import Marked, marks_of
from eventplatform.core.pii_names import kind_of_name

NUMBERS = (ColumnType.INTEGER, ColumnType.NUMBER)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a store's table; `path` is its place in events, empty for the platform's own."""

    name: str
    type: ColumnType
    path: Path = ()

    @property
    def title(self) -> str:
        """As people read it."""
        return ".".join(self.path) or self.name

    @property
    def is_number(self) -> bool:
        return self.type in NUMBERS


def offered(columns: Iterable[Column], documents: Iterable[Mapping[str, Any]], *, may_see_people: bool) -> tuple[Column, ...]:
    """Those that can be asked about, by title; fields of people only for those who may see them."""
    marks = [marked for marked in map(marks_of, documents) if marked is not None]
    found = [one for one in columns if one.type is not ColumnType.JSON]
    if not may_see_people:
        found = [one for one in found if not _is_personal(one.path, marks)]
    return tuple(sorted(found, key=lambda one: (not one.path, one.title)))


def _is_personal(path: Path, marks: Iterable[Marked]) -> bool:
    """Marked in any version, or called as such fields usually are."""
    return any(kind_of_name(part) for part in path) or any(_is_marked(path, marked) for marked in marks)


def _is_marked(path: Path, marked: Marked) -> bool:
    at: Marked | None = marked
    for part in path:
        at = at.fields.get(part) or at.rest if at is not None else None
        if at is not None and at.kind:
            return True
    return False
