"""What a store would make of events: the columns of its table, and each row as it would stand there; nothing is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.mapping.columns import ColumnType, Leaf, column_names, leaves
from connectors.mapping.policies import Policies, Shaped
from connectors.mapping.preview import Preview, PreviewRow
from connectors.mapping.values import Plan, plan
from connectors.sinks.base import Row
from connectors.steering import Steering
from eventplatform.core.errors import RejectedError

Documents = Mapping[str, Mapping[str, Any]]


def preview_table(
    place: str,
    *,
    schemas: Documents,
    rows: Sequence[Row],
    steering: Steering,
    words: Mapping[ColumnType, str],
    own_columns: Sequence[tuple[str, str]] = (),
) -> Preview:
    """The table that would be made from these schemas today, and the rows as they would stand in it.

    `schemas` are materialised documents by schema id. `words` names the store's type for each kind of column. `own_columns`
    are the platform's (name and type), shown before the event's; their values are coordinates and are not repeated.
    """
    wanted = _wanted(schemas)
    names = column_names(list(wanted.values()), {})
    columns = {names[place]: leaf.type for place, leaf in wanted.items()}
    policies, plans = Policies.of(steering), _plans(schemas, wanted)
    kept, refused = [], {}
    for row in rows:
        try:
            shaped = policies.shape(row.event, plans.get(str(row.event.get("$schema")), {}), len(columns))
            kept.append(_told(row, shaped, list(columns)))
        except RejectedError as error:
            refused[row.offset] = error
    typed = [(name, words[kind]) for name, kind in columns.items()]
    return Preview(place, (*own_columns, *typed), tuple(kept), refused)


def preview_texts(rows: Sequence[Row], *, place: Callable[[Row], str], text: Callable[[Row], str]) -> Preview:
    """For stores without columns: what each event would be there, and where it would lie."""
    told = tuple(PreviewRow(row.offset, {"place": place(row), "value": text(row)}) for row in rows)
    return Preview(", ".join(sorted({one.values["place"] for one in told})), rows=told)


def _wanted(schemas: Documents) -> dict[str, Leaf]:
    """The columns of all versions together, by pointer; the first that names a place decides on its type."""
    found: dict[str, Leaf] = {}
    for document in schemas.values():
        for leaf in leaves(document):
            found.setdefault(leaf.pointer, leaf)
    return found


def _plans(schemas: Documents, wanted: Mapping[str, Leaf]) -> dict[str, Plan]:
    index_of = {place: index for index, place in enumerate(wanted)}
    types = {place: leaf.type for place, leaf in wanted.items()}
    return {schema_id: plan(leaves(document), index_of, types) for schema_id, document in schemas.items()}


def _told(row: Row, shaped: Shaped, names: Sequence[str]) -> PreviewRow:
    values = {name: value for name, value in zip(names, shaped.values, strict=True) if value is not None}
    return PreviewRow(row.offset, values, shaped.extra or "", shaped.discarded)
