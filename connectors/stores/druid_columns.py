"""The columns of a Druid datasource, from all versions of a stream's schema and what may not be stored of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.mapping.columns import ColumnType, Leaf, Path, column_names, leaves, pointer
from eventplatform.core.errors import FatalError
from eventplatform.core.pii_marks import Marked, marks_of

Documents = Mapping[str, Mapping[str, Any]]

_WORDS = {
    ColumnType.TEXT: "string",
    ColumnType.TIME: "string",  # Druid knows one time alone, a row's own
    ColumnType.INTEGER: "long",
    ColumnType.NUMBER: "double",
    ColumnType.BOOLEAN: "long",  # 1 and 0: Druid has no word for it
    ColumnType.JSON: "json",
}
_ITEMS = {"string": "ARRAY<STRING>", "integer": "ARRAY<LONG>", "number": "ARRAY<DOUBLE>"}
_MOST_KNOWN = 5000
_OWN_TIME = {"": "__time"}  # Druid's own column
_WIDER = {frozenset({"long", "double"}): "double"}


class DruidPrivacyError(FatalError):
    """The connector's rule on personal data needs more than leaving a column out."""

    code = "druid.privacy_unsupported"
    message = "Druid reads the event log by itself and can't {action} {place}: it can only leave whole columns out."
    remedy = (
        "Say drop for this kind of mark, let the intake treat the field before it is in the log (the stream's privacy "
        "rules), or give Druid a stream that a job has cleaned."
    )


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, the place in events that fills it, and Druid's word for its type."""

    name: str
    path: Path
    type: str

    @property
    def dimension(self) -> dict[str, Any]:
        """As Druid's dimensionsSpec wants it."""
        if self.type.startswith("ARRAY"):
            return {"type": "auto", "name": self.name, "castToType": self.type}
        return {"type": self.type, "name": self.name}


_known: dict[Any, tuple[Any, tuple[Column, ...]]] = {}


def columns(schemas: Documents, privacy: Mapping[str, str]) -> tuple[Column, ...]:
    """One column for each place that any version names, oldest version first: a newer version never renames one.

    Remembered: the same documents are asked about every few seconds.

    Raises:
        DruidPrivacyError: a marked field would have to be changed rather than left out.
    """
    key = (tuple((name, id(one)) for name, one in schemas.items()), tuple(sorted(privacy.items())))
    known = _known.get(key)
    if known is None:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        # With the documents, so that no other one gets their identity meanwhile.
        known = _known[key] = (tuple(schemas.values()), _columns(schemas, privacy))
    return known[1]


def _columns(schemas: Documents, privacy: Mapping[str, str]) -> tuple[Column, ...]:
    found: dict[str, Leaf] = {}
    types: dict[str, str] = {}
    dropped: set[str] = set()
    for document in schemas.values():
        marked = marks_of(document) if privacy else None
        for leaf in leaves(document):
            found.setdefault(leaf.pointer, leaf)
            word = _word(leaf, document)
            types[leaf.pointer] = _common(types.get(leaf.pointer, word), word)
            if marked is not None and _is_dropped(marked, leaf.path, privacy):
                dropped.add(leaf.pointer)
    names = column_names(list(found.values()), _OWN_TIME)
    return tuple(Column(names[place], leaf.path, types[place]) for place, leaf in found.items() if place not in dropped)


def _word(leaf: Leaf, document: Mapping[str, Any]) -> str:
    if leaf.type is not ColumnType.JSON:
        return _WORDS[leaf.type]
    schema: Any = document
    for part in leaf.path:
        schema = schema["properties"][part]
    items = schema.get("items") if schema.get("type") == "array" else None
    kind = items.get("type") if isinstance(items, dict) else None
    return _ITEMS.get(kind, "json") if isinstance(kind, str) else "json"


def _common(one: str, other: str) -> str:
    """The type that holds what both versions say."""
    return one if one == other else _WIDER.get(frozenset({one, other}), "json")


def _is_dropped(marked: Marked, path: Path, privacy: Mapping[str, str]) -> bool:
    """Whether the column must not be; a mark above it, on it, or inside what it holds as JSON."""
    at: Marked | None = marked
    for part in path:
        if at is None or at.kind:
            break
        at = at.fields.get(part) or at.rest
    if at is None:
        return False
    actions = {_action(leaf, privacy) for leaf in at.leaves()}
    if at.kind and actions == {"drop"}:
        return True
    for action in sorted(actions - {"keep"}):
        place = pointer(path)
        raise DruidPrivacyError(pointer=place, action=action, place=place if at.kind else f"what lies in {place}")
    return False


def _action(leaf: Marked, privacy: Mapping[str, str]) -> str:
    action = privacy.get(leaf.kind) or privacy.get("*", "keep")
    return leaf.action if action == "as_marked" else action
