"""Records become tables of DuckDB: canaries left out, personal data masked before it gets there; pure."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import duckdb
import orjson

from eventplatform.core.privacy import Mask
from monitoring.canary import is_canary
from monitoring.masking import masked_content
from monitoring.realtime.frames import Packed, unpacked
from monitoring.realtime.shapes import EVENT_COLUMN, META_COLUMNS, quoted

CHOSEN = "events"  # the table of the chosen streams, whatever they are called
_LARGEST_MS = 253_402_300_799_000  # the end of year 9999


@dataclass
class _Table:
    """A stream's records as lines of JSON in memory, until DuckDB has read them."""

    name: str
    read_as: str  # the event's STRUCT with times as DuckDB reads them right
    kept_as: str  # and as questions see them; empty where no schema is known
    columns: Sequence[tuple[str, str]]
    lines: BinaryIO = field(init=False)

    def __post_init__(self) -> None:
        self.lines = os.fdopen(os.memfd_create(self.name[:60]), "wb")


class Tables:
    """Takes records and makes tables of them.

    `plan`: streams (name, read_as, kept_as, columns), places (number of the stream and name of the topic), documents by
    `$schema`, chosen, masks, with_canaries, wants_event.
    """

    def __init__(self, database: duckdb.DuckDBPyConnection, plan: Mapping[str, Any]) -> None:
        self._database, self._plan = database, plan
        self._tables = [_Table(**one) for one in plan["streams"]]
        self._places = [self._tables[number] for number, _ in plan["places"]]
        self._masks = _masks(plan["documents"])
        self._missed: set[str] = set()
        self._held: list[Packed] = []  # events whose schemas have to be asked for before they can be masked
        self._is_missing = False
        self._canaries = self._unreadable = 0

    @property
    def missed(self) -> list[str]:
        """Schemas that events name and that are not among the documents."""
        return sorted(self._missed)

    def counts(self) -> dict[str, int]:
        """What was left out."""
        return {"canaries": self._canaries, "unreadable": self._unreadable}

    def take(self, packed: bytes) -> None:
        """Records of a frame."""
        for record in unpacked(packed):
            self._take(record)

    def learn(self, documents: Mapping[str, Any]) -> None:
        """The schemas that were missed, None where there is no such one; what waited for them goes on."""
        self._masks |= _masks(documents)
        held, self._held = self._held, []
        for record in held:
            self._take(record)

    def finish(self, window: Mapping[str, int]) -> None:
        """Let DuckDB read what was taken, and know the window by `window_begin()` and `window_end()`."""
        for table in self._tables:
            self._make(table)
        if self._plan["chosen"] and CHOSEN not in {table.name.casefold() for table in self._tables}:
            self._database.execute(f"create view {CHOSEN} as {self._together()}")
        for name in ("begin", "end"):
            self._database.execute(f"create macro window_{name}() as make_timestamp({int(window[name]) * 1000})")

    def _take(self, record: Packed) -> None:
        event = _event(record.value)
        if event is None:
            self._unreadable += 1
        elif not self._plan["with_canaries"] and is_canary(event):
            self._canaries += 1
        else:
            text = self._masked(event) if self._plan["masks"] else _one_line(record.value, event)
            if text:
                self._write(record, text)
            else:
                self._held.append(record)

    def _masked(self, event: dict[str, Any]) -> bytes:
        """The event with masks; empty where its schema is not known yet."""
        self._is_missing = False
        done = masked_content(event, self._find)
        return b"" if self._is_missing else orjson.dumps(done)

    def _find(self, schema_id: str) -> Mask | None:
        if schema_id not in self._masks:
            self._missed.add(schema_id)
            self._is_missing = True
        return self._masks.get(schema_id)

    def _write(self, record: Packed, text: bytes) -> None:
        table = self._places[record.place]
        moment = min(max(record.timestamp_ms, 0), _LARGEST_MS)
        line = b'{"t":%d,"p":%d,"o":%d,"n":%d,"e":%s' % (record.place, record.partition, record.offset, moment, text)
        table.lines.write(line + (b',"w":%s}\n' % text if self._has_event(table) else b"}\n"))

    def _has_event(self, table: _Table) -> bool:
        """Whether questions find the whole event too: it takes as much memory again as its columns."""
        return self._plan["wants_event"] or not table.kept_as

    def _make(self, table: _Table) -> None:
        table.lines.flush()
        path = f"/dev/fd/{table.lines.fileno()}"
        named = [name for name, _ in META_COLUMNS]
        values = [f"{_topics(self._plan['places'])}[t + 1]", "p", "o", "make_timestamp(n * 1000)"]
        columns = {"t": "INTEGER", "p": "INTEGER", "o": "BIGINT", "n": "BIGINT"}
        if self._has_event(table):
            values.append("w")
            named.append(EVENT_COLUMN)
            columns["w"] = "JSON"
        picked = ", ".join(f"{value} as {name}" for value, name in zip(values, named, strict=True))
        if table.kept_as:
            picked += f", unnest(e::{table.kept_as})"
            columns["e"] = table.read_as
        told = ", ".join(f"{name}: {_literal(kind)}" for name, kind in columns.items())
        source = f"read_json({_literal(path)}, format = 'newline_delimited', columns = {{{told}}}, ignore_errors = true)"
        made = f"create table {quoted(table.name)} as select {picked} from {source}"  # noqa: S608  # names quoted, texts as literals
        self._database.execute(made)
        table.lines.close()

    def _together(self) -> str:
        """The chosen streams as one table, with the columns that all of them have alike."""
        chosen = [table for table in self._tables if table.name in self._plan["chosen"]]
        alike = [one for one in chosen[0].columns if all(one in table.columns for table in chosen)]
        extra = [EVENT_COLUMN] if all(self._has_event(table) for table in chosen) else []
        names = ", ".join([*(name for name, _ in META_COLUMNS), *extra, *(quoted(name) for name, _ in alike)])
        return " union all ".join(
            f"select {_literal(table.name)} as _stream, {names} from {quoted(table.name)}"  # noqa: S608  # likewise
            for table in chosen
        )


def _masks(documents: Mapping[str, Any]) -> dict[str, Mask | None]:
    return {one: None if document is None else Mask(document) for one, document in documents.items()}


def _event(value: bytes) -> dict[str, Any] | None:
    try:
        event = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return event if isinstance(event, dict) else None


def _one_line(value: bytes, event: dict[str, Any]) -> bytes:
    return value if b"\n" not in value and b"\r" not in value else orjson.dumps(event)


def _topics(places: Sequence[tuple[int, str]]) -> str:
    return f"[{', '.join(_literal(topic) for _, topic in places)}]"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
