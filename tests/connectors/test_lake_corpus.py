"""The reference's own schemas as Parquet: every example comes back as it was, and all versions of a title read as one table."""

from __future__ import annotations

import io
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from connectors.mapping.columns import ColumnType
from connectors.sinks.base import Row, WriteBatch
from connectors.sinks.files import FilesSink, Options, Target
from connectors.steering import NO_STEERING
from connectors.stores.lake_columns import ListOf, MapOf, Shape, Struct
from connectors.stores.lake_sink import LakeSink
from eventplatform.core.names import VERSION
from eventplatform.core.records import Record
from tests.connectors.lakes import WHERE, at
from tests.registry import corpus

pytestmark = pytest.mark.slow


def by_title() -> dict[str, list[dict[str, Any]]]:
    """Documents of all events' versions, in their order."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for schema_id, document in corpus.versions().items():
        if not schema_id.startswith("/fragment/"):
            found[document["title"]].append(document)
    return {title: sorted(documents, key=version) for title, documents in found.items()}


def version(document: dict[str, Any]) -> tuple[int, ...]:
    match = VERSION.fullmatch(document["$id"].rpartition("/")[2])
    assert match
    return tuple(map(int, match.groups()))


def test_corpus__every_version_and_example__in_one_table_as_it_was(tmp_path: Path) -> None:
    titles = by_title()
    sent = 0
    for number, (title, documents) in enumerate(sorted(titles.items())):
        with FilesSink("c1", Target(str(tmp_path / str(number))), Options(format="parquet")) as sink:
            events = arrive(sink, documents)
            check(sink, title, events)
            sent += len(events)

    assert (len(titles), sent) == (37, 63)


def arrive(sink: LakeSink, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each version before its examples, one file for each example; columns only get more."""
    events: list[dict[str, Any]] = []
    for document in documents:
        before = sink.schemas.columns("s").fields.keys()
        sink.prepare("s", document["$id"], document, NO_STEERING)
        assert list(before) == list(sink.schemas.columns("s").fields)[: len(before)]
        for event in document.get("examples", ()):
            offset = len(events)
            expected = sink.position(WHERE)
            row = Row(Record(*WHERE, offset, 1_700_000_000_000, None, orjson.dumps(event)), event)
            sink.write(WriteBatch("s", WHERE, expected, at(offset + 1), [row]))
            events.append(event)
    return events


def check(sink: LakeSink, title: str, events: list[dict[str, Any]]) -> None:
    """All files merged into one hold all events."""
    paths = sorted(Path(sink.place).rglob("*.parquet"), key=lambda path: path.name)
    merged = sink.format("s").merged(path.read_bytes() for path in paths)
    rows = pq.read_table(io.BytesIO(merged)).to_pylist(maps_as_pydicts="strict")
    columns = sink.schemas.columns("s")
    for event, row in zip(events, sorted(rows, key=lambda one: int(one["_offset"])), strict=True):
        extra = {place: kept["value"] for place, kept in orjson.loads(row["_extra"] or b"{}").items()}
        left = {name: value for name, value in event.items() if name != "$schema"}
        assert (title, restored(columns, row, left, "", extra)) == (title, left)
        assert row["_schema"] == event["$schema"]


def restored(shape: Shape, stored: Any, original: Any, place: str, extra: dict[str, Any]) -> Any:
    """The stored value as JSON had it; `original` only says how a time was written, and which fields there were."""
    if place in extra:
        return extra[place]
    if stored is None:
        return None
    match shape:
        case Struct(fields):
            inner = {name: (fields.get(name), stored.get(name)) for name in original}
            return {
                name: restored(kind, value, original[name], f"{place}/{name}", extra) if kind else extra.get(f"{place}/{name}")
                for name, (kind, value) in inner.items()
            }
        case ListOf(item):
            pairs = zip(stored, original, strict=True)
            return [restored(item, value, was, f"{place}/{index}", extra) for index, (value, was) in enumerate(pairs)]
        case MapOf(item):
            return {name: restored(item, value, original[name], f"{place}/{name}", extra) for name, value in stored.items()}
        case ColumnType():
            return scalar(shape, stored, original)


def scalar(kind: ColumnType, stored: Any, original: Any) -> Any:
    if kind is ColumnType.TIME:
        return original if stored == moment(original) else stored
    return orjson.loads(stored) if kind is ColumnType.JSON else stored


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text.upper())
    return found if found.tzinfo else found.replace(tzinfo=UTC)
