"""A table with a row per stream: CSV for spreadsheets. Rows change what their columns name; what they don't name stays."""

from __future__ import annotations

import copy
import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from eventplatform.core.spreadsheets import guarded, unguarded
from streamconfig.configuration.document import Document
from streamconfig.exchange.csv_columns import (
    ABSENT,
    FIXED,
    NAME,
    OTHER,
    CellError,
    Column,
    column_of,
    consumer,
    read_cell,
    write_cell,
)
from streamconfig.exchange.errors import Finding, ImportRefusedError, UnreadableError

_MAX_CELL = 200_000


def write(document: Document) -> str:
    """Every stream's own settings; the last column holds as JSON what no other column does."""
    entries = {entry.name: entry.as_json() for entry in document.entries}
    columns = (*FIXED, *map(consumer, _consumers(entries.values())))
    out = io.StringIO()
    sheet = csv.writer(out, lineterminator="\n")
    sheet.writerow([NAME, *(column.title for column in columns), OTHER])
    for name, entry in entries.items():
        rest = copy.deepcopy(entry)
        cells = [_taken(rest, column) for column in columns]
        other = json.dumps(rest, ensure_ascii=False) if rest else ""
        sheet.writerow(map(guarded, [name, *cells, other]))
    return out.getvalue()


def _consumers(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    held = (entry.get("consumers") for entry in entries)
    return sorted({str(name) for one in held if isinstance(one, Mapping) for name in one})


def _taken(rest: dict[str, Any], column: Column) -> str:
    value = _get(rest, column.keys)
    if value is ABSENT or not (value is None or column.fits(value)):
        return ""
    _drop(rest, column.keys)
    return write_cell(column, value)


def read(text: str, before: Document) -> tuple[dict[str, Any], dict[str, int]]:
    """Entries as the rows make them of what is there before, and each stream's row.

    Raises:
        UnreadableError: no table of streams.
        ImportRefusedError: cells that can't be read, each by row and column.
    """
    table = _rows(text)
    titles = next(table, ())
    columns = _columns(titles)
    known = {entry.name: entry.as_json() for entry in before.entries}
    found: dict[str, Any] = {}
    rows: dict[str, int] = {}
    findings: list[Finding] = []
    for number, cells in enumerate(table, 2):
        if not any(cells):
            continue
        name = unguarded(cells[titles.index(NAME)].strip()) if len(cells) == len(titles) else ""
        problem = _row_problem(name, cells, titles, rows)
        if problem:
            findings.append(Finding(f"row {number}", "exchange.bad_row", *problem))
            continue
        rows[name] = number
        found[name], wrong = _entry(known.get(name, {}), dict(zip(titles, map(unguarded, cells), strict=True)), columns, number)
        findings += wrong
    if findings:
        raise ImportRefusedError(findings)
    return found, rows


def _rows(text: str) -> Iterator[Sequence[str]]:
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    csv.field_size_limit(_MAX_CELL)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise UnreadableError(f"This is no CSV: {error}.") from None


def _columns(titles: Sequence[str]) -> list[Column]:
    if NAME not in titles:
        raise UnreadableError("The first row has no column `name`.", 1)
    columns, unknown = [], []
    for title in titles:
        column = column_of(title)
        if column:
            columns.append(column)
        elif title not in {NAME, OTHER}:
            unknown.append(title)
    twice = sorted({title for title in titles if titles.count(title) > 1})
    if unknown or twice:
        known = ", ".join((NAME, *(column.title for column in FIXED), "consumers.….enabled", OTHER))
        findings = [
            Finding("row 1", "exchange.unknown_column", f"There is no column {one}.", f"Known: {known}.") for one in unknown
        ]
        findings += [Finding("row 1", "exchange.bad_row", f"Column {one} stands there twice.", "Keep one.") for one in twice]
        raise ImportRefusedError(findings)
    return columns


def _row_problem(name: str, cells: Sequence[str], titles: Sequence[str], rows: Mapping[str, int]) -> tuple[str, str] | None:
    if len(cells) != len(titles):
        return f"The row has {len(cells)} cells, the first one {len(titles)}.", "Put cells with a comma into quotes."
    if not name:
        return "The row has no name.", "Write the stream's name."
    if name in rows:
        return f"{name} stands in row {rows[name]} too.", "Keep one of the two."
    return None


def _entry(
    held: Mapping[str, Any], cells: Mapping[str, str], columns: Sequence[Column], number: int
) -> tuple[dict[str, Any], list[Finding]]:
    entry: dict[str, Any] = copy.deepcopy(dict(held))
    findings: list[Finding] = []
    if OTHER in cells:
        try:
            entry = _with_other(entry, cells[OTHER].strip())
        except CellError as error:
            findings.append(Finding(f"row {number}, column {OTHER}", "exchange.bad_cell", "This is no JSON map.", str(error)))
    for column in columns:
        cell = cells[column.title]
        try:
            value = read_cell(column, cell)
        except CellError as error:
            place = f"row {number}, column {column.title}"
            findings.append(Finding(place, "exchange.bad_cell", f"{cell[:60]} can't be read.", str(error)))
            continue
        if value is not ABSENT:
            _set(entry, column.keys, value)
        elif column.fits(_get(entry, column.keys)) or _get(entry, column.keys) is None:
            _drop(entry, column.keys)
    return entry, findings


def _with_other(entry: Mapping[str, Any], cell: str) -> dict[str, Any]:
    """What the column `other` says in place of all that no column holds; what columns hold stays."""
    try:
        other = json.loads(cell) if cell else {}
    except (ValueError, RecursionError):
        raise CellError("Close the quotes and brackets, or empty the cell.") from None
    if not isinstance(other, dict):
        raise CellError("Write {…}, or empty the cell.")
    for column in (*FIXED, *map(consumer, _consumers([entry]))):
        value = _get(entry, column.keys)
        if value is not ABSENT and (value is None or column.fits(value)):
            _set(other, column.keys, value)
    return other


def _get(entry: Mapping[str, Any], keys: Sequence[str]) -> Any:
    held: Any = entry
    for key in keys:
        if not isinstance(held, Mapping) or key not in held:
            return ABSENT
        held = held[key]
    return held


def _set(entry: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    for key in keys[:-1]:
        if not isinstance(entry.get(key), dict):
            entry[key] = {}
        entry = entry[key]
    entry[keys[-1]] = value


def _drop(entry: dict[str, Any], keys: Sequence[str]) -> None:
    """Take a value out, and maps that are empty then."""
    if _get(entry, keys) is ABSENT:
        return
    if len(keys) > 1:
        _drop(entry[keys[0]], keys[1:])
        if entry[keys[0]]:
            return
    del entry[keys[0]]
