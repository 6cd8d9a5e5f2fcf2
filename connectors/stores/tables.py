"""Tables made and widened from JSON Schemas, alike in every SQL store: which columns, under which names, and who fills them.

A store keeps two lists beside its tables: `_tables` (stream, the table's name, the key of its rows) and `_columns` (stream,
JSON pointer, the column's name and type). So names once given stay, whatever other streams or fields come later.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar

from connectors.mapping.columns import META_COLUMNS, ColumnType, Leaf, column_names, leaves, unique_name
from connectors.mapping.compiled import Read, reader
from connectors.mapping.delimited import TEXTS
from connectors.mapping.values import Plan, plan
from connectors.sinks.base import UpsertUnsupportedError
from connectors.steering import Steering
from eventplatform.core.errors import FatalError

OWN_NAMES = ("_offsets", "_canaries", "_canaries_once", "_tables", "_columns")
KEY_COLUMN = "_key"
WRITTEN_META = tuple(name for name in META_COLUMNS if name != "_ingested")  # the database's own clock fills that one

Named = tuple[Leaf, str]  # a field, and the name of its column
Columns = Mapping[str, tuple[str, ColumnType]]  # by JSON pointer: name and type


class KeyChangedError(FatalError):
    """The stream's table was made for rows of another key than the connector asks for."""

    code = "sink.key_changed"
    message = "The table {table} of {stream} holds {was}, and the connector asks for {now}."
    remedy = "Give the connector its former mode and key, or rename the table away, so that a new one is made."


@dataclass(frozen=True, slots=True)
class Entry:
    """What `_tables` says of a stream; `key` is empty where each record is a row."""

    name: str
    key: tuple[str, ...]


class Table:
    """One stream's table: its columns as the database has them, and how events of each schema spread over them."""

    def __init__(self, entry: Entry, columns: Columns, room: int) -> None:
        self.name = entry.name
        self.key = entry.key
        self.columns = columns
        self.room = room  # for further columns, in the store's own measure
        self.width = len(columns)
        names = [name for name, _ in columns.values()]
        self.written_columns = (*WRITTEN_META, *([KEY_COLUMN] if self.key else []), *names)
        self._plans: dict[object, Plan] = {}
        self._readers: dict[object, Read] = {}

    def learn(self, schema_id: str, wanted: Sequence[Leaf]) -> None:
        """Plan for events of this schema; fields without a column are unknown to the plan."""
        index_of = {place: index for index, place in enumerate(self.columns)}
        types = {place: kind for place, (_, kind) in self.columns.items()}
        self._plans[schema_id] = plan((leaf for leaf in wanted if leaf.pointer in index_of), index_of, types, TEXTS)

    def knows(self, schema_id: object) -> bool:
        return schema_id in self._plans

    def plan(self, schema_id: object) -> Plan:
        """How an event of this schema is spread; with a schema never prepared, all of it goes to `_extra`."""
        return self._plans.get(schema_id, {})

    def reader(self, schema_id: object) -> Read:
        """The quick way for events of this schema, as far as they are as usual."""
        found = self._readers.get(schema_id)
        if found is None:
            found = self._readers[schema_id] = reader(self.plan(schema_id))
        return found


class Tables(ABC):
    """The tables of one schema or database, remembered by one connection; a store says how it looks them up and alters them."""

    reserved: ClassVar[Collection[str]] = ()  # further names that no column may take
    alike: ClassVar[Mapping[ColumnType, Collection[str]]]  # the store's types, by its own names, that hold what ours do

    def __init__(self) -> None:
        self._known: dict[str, Table] = {}
        self._leaves: dict[str, dict[str, tuple[Leaf, ...]]] = {}

    def prepare(self, stream: str, schema_id: str, document: Mapping[str, Any], steering: Steering) -> None:
        """Make or widen the stream's table so that it takes events of this schema; remembered afterwards.

        Raises:
            UpsertUnsupportedError: no key is declared.
            KeyChangedError: the table is there, with rows of another key.
        """
        if stream in self._known and self._known[stream].knows(schema_id):
            return
        key = key_of(stream, steering)
        wanted = leaves(document)
        self._leaves.setdefault(stream, {})[schema_id] = wanted
        table = self._read(stream)
        may_evolve = steering.columns == "evolve"
        if table is None or (may_evolve and self._fitting(table.columns, wanted, table.room)) or self._by_hand(table, wanted):
            self._widen(stream, wanted, key, may_evolve=may_evolve)
            table = self._read(stream)
        _check_key(stream, table, key)
        if table is not None and (steering.ttl_seconds or steering.retention_days):
            self._ease_expiry(table.name)

    def table(self, stream: str, steering: Steering) -> Table | None:
        """The stream's table, where one was made.

        Raises:
            KeyChangedError: its rows have another key.
        """
        table = self._known.get(stream) or self._read(stream)
        _check_key(stream, table, key_of(stream, steering))
        return table

    def find(self, stream: str) -> str | None:
        """The table's name, whatever its rows; None where there is none."""
        table = self._known.get(stream) or self._read(stream)
        return table.name if table else None

    def _read(self, stream: str) -> Table | None:
        self._known.pop(stream, None)
        entry = self._entry(stream)
        room = self._room(entry.name) if entry else None
        if entry is None or room is None:
            return None
        table = Table(entry, self._columns(stream, entry.name), room)
        for schema_id, wanted in self._leaves.get(stream, {}).items():
            table.learn(schema_id, wanted)
        self._known[stream] = table
        return table

    def _widen(self, stream: str, wanted: Sequence[Leaf], key: tuple[str, ...], *, may_evolve: bool) -> None:
        with self._alone():
            table = self._read(stream)  # another worker may have been quicker
            if table is None:
                chosen = self._fitting({}, wanted, self.whole_room)
                entry = Entry(self._name_for(stream), key)
                self._register(stream, entry)
                self._create(stream, entry, self._named(chosen, {}))
                return
            if by_hand := self._by_hand(table, wanted):
                self._note(stream, table.columns, by_hand)
                table = self._read(stream) or table
            if may_evolve and (chosen := self._fitting(table.columns, wanted, table.room)):
                self._add(stream, table, self._named(chosen, table.columns, self._types(table.name)))

    def _by_hand(self, table: Table, wanted: Sequence[Leaf]) -> list[Named]:
        """Fields whose column a person added, as we would have: its name and type are theirs."""
        missing = [leaf for leaf in wanted if leaf.pointer not in table.columns]
        types = self._types(table.name) if missing else {}
        return [(leaf, name) for leaf, name in self._named(missing, table.columns) if types.get(name) in self.alike[leaf.type]]

    def _fitting(self, columns: Columns, wanted: Sequence[Leaf], room: int) -> list[Leaf]:
        """Those that have no column yet and that there is room for, in the schema's order."""
        chosen = []
        for leaf in wanted:
            room -= 0 if leaf.pointer in columns else self._cost(leaf.type)
            if leaf.pointer not in columns and room >= 0:
                chosen.append(leaf)
        return chosen

    def _named(self, chosen: Sequence[Leaf], columns: Columns, others: Collection[str] = ()) -> list[Named]:
        taken = {place: name for place, (name, _) in columns.items()}
        names = column_names(chosen, taken, {KEY_COLUMN, *self.reserved, *others})
        return [(leaf, names[leaf.pointer]) for leaf in chosen]

    def _name_for(self, stream: str) -> str:
        """The name it had before a person dropped the table, or a new one."""
        entry = self._entry(stream)
        return entry.name if entry else unique_name(stream, stream, {*OWN_NAMES, *self._taken()})

    @property
    @abstractmethod
    def whole_room(self) -> int:
        """Room for columns in a new table, in the store's own measure."""

    @abstractmethod
    def _cost(self, kind: ColumnType) -> int:
        """What a column takes of the room."""

    @abstractmethod
    def _room(self, table: str) -> int | None:
        """What is left of it; None without such a table."""

    @abstractmethod
    def _entry(self, stream: str) -> Entry | None:
        """The stream's line in `_tables`."""

    @abstractmethod
    def _taken(self) -> Collection[str]:
        """Names that no new table can have: of tables and whatever else shares their room, whoever made them."""

    @abstractmethod
    def _columns(self, stream: str, table: str) -> Columns:
        """Those of `_columns` that the table has, in an order that stays: a person may have dropped some."""

    @abstractmethod
    def _types(self, table: str) -> Mapping[str, str]:
        """All columns of the table that can be written, whoever added them, with their types; the others with `generated`."""

    @abstractmethod
    def _note(self, stream: str, known: Columns, columns: Sequence[Named]) -> None:
        """Add lines to `_columns`, and forget those of columns that are not `known`."""

    @abstractmethod
    def _alone(self) -> AbstractContextManager[None]:
        """Nobody else makes or alters tables meanwhile; in one transaction where the store's DDL knows them."""

    @abstractmethod
    def _ease_expiry(self, table: str) -> None:
        """Rows will be deleted by age: what finds them fast, where the table hasn't got it."""

    @abstractmethod
    def _register(self, stream: str, entry: Entry) -> None:
        """Note the table that is about to be made."""

    @abstractmethod
    def _create(self, stream: str, entry: Entry, columns: Sequence[Named]) -> None:
        """Make the table, and note its columns instead of any known before."""

    @abstractmethod
    def _add(self, stream: str, table: Table, columns: Sequence[Named]) -> None:
        """Add columns, and note them; lines of `_columns` without a column are forgotten."""


def key_of(stream: str, steering: Steering) -> tuple[str, ...]:
    """The key that rows of the stream shall have; empty where each record is a row."""
    if steering.is_upsert and not steering.key:
        raise UpsertUnsupportedError(stream=stream, reason="no key is declared")
    return steering.key if steering.is_upsert else ()


def key_text(key: tuple[str, ...]) -> str | None:
    """A key as `_tables` holds it."""
    return json.dumps(key) if key else None


def key_from(text: str | None) -> tuple[str, ...]:
    return tuple(json.loads(text)) if text else ()


def _check_key(stream: str, table: Table | None, key: tuple[str, ...]) -> None:
    if table is not None and table.key != key:
        raise KeyChangedError(table=table.name, stream=stream, was=_said(table.key), now=_said(key))


def _said(key: tuple[str, ...]) -> str:
    return f"one row for each {' and '.join(key)}" if key else "one row for each record"
