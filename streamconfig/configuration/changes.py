"""What differs between two documents, and the chain of hashes that shows that no revision was altered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from streamconfig.configuration.document import DEFAULTS, Document

Kind = Literal["added", "removed", "changed", "moved"]
_ABSENT = object()
_EMPTY: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Field:
    """One setting that differs, by its dotted path. Absent is not null: null clears what the defaults say."""

    path: str
    was: Any
    becomes: Any

    def as_json(self) -> dict[str, Any]:
        """As revisions keep it; an absent side is left out."""
        sides = {"was": self.was, "becomes": self.becomes}
        return {"path": self.path, **{name: value for name, value in sides.items() if value is not _ABSENT}}


@dataclass(frozen=True, slots=True)
class Change:
    """How one stream, or the defaults, differ."""

    stream: str
    kind: Kind
    fields: tuple[Field, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As revisions keep it."""
        return {"stream": self.stream, "kind": self.kind, "fields": [field.as_json() for field in self.fields]}


def changes_between(before: Document, after: Document) -> list[Change]:
    """Everything that differs, the defaults first; none means that the documents say the same."""
    changes = [Change(DEFAULTS, "changed", tuple(_fields(before.defaults, after.defaults)))]
    old, new = ({entry.name: entry.as_json() for entry in one.entries} for one in (before, after))
    changes += [_change(name, old.get(name), new.get(name)) for name in dict.fromkeys([*old, *new])]
    changed = [change for change in changes if change.fields or change.kind != "changed"]
    return changed or _moves(list(old), list(new))


def _change(name: str, was: Mapping[str, Any] | None, becomes: Mapping[str, Any] | None) -> Change:
    kind: Kind = "added" if was is None else "removed" if becomes is None else "changed"
    return Change(name, kind, tuple(_fields(was or _EMPTY, becomes or _EMPTY)))


def _moves(old: list[str], new: list[str]) -> list[Change]:
    """Order alone: it matters where two patterns match one name."""
    return [Change(name, "moved") for index, name in enumerate(new) if old[index] != name]


def _fields(was: Any, becomes: Any) -> Iterator[Field]:
    old, new = dict(_leaves(was)), dict(_leaves(becomes))
    for path in dict.fromkeys([*old, *new]):
        sides = old.get(path, _ABSENT), new.get(path, _ABSENT)
        if not _same(*sides):
            yield Field(path, *sides)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is no map, and every empty map, with its path."""
    if isinstance(value, Mapping) and (value or not path):
        for name, held in value.items():
            yield from _leaves(held, f"{path}.{name}" if path else str(name))
    else:
        yield path, value


def _same(was: Any, becomes: Any) -> bool:
    """Equal as JSON: true is not 1, but 1 and 1.0 are one number."""
    return bool(was == becomes) and isinstance(was, bool) == isinstance(becomes, bool)


def chain_hash(*, previous: str, number: int, created_at: datetime, author: str, reason: str, document_text: str) -> str:
    """The hash of a revision: over everything that it says and the hash before it."""
    document = hashlib.sha256(document_text.encode()).hexdigest()
    facts = [previous, number, created_at.isoformat(), author, reason, document]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=True).encode()).hexdigest()
