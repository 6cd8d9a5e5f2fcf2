"""The reference's own schemas as tables of Cassandra: every version widens its table in place, every example arrives."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.sinks.base import Position, Row, WriteBatch
from connectors.steering import NO_STEERING
from eventplatform.core.records import Record, TopicPartition
from tests.contracts.stores.cassandra import make
from tests.registry import corpus

pytestmark = [pytest.mark.slow, pytest.mark.services]

NOW_MS = time.time_ns() // 1_000_000


def versions_by_stream() -> dict[str, dict[str, dict[str, Any]]]:
    """Every version outside `fragment/`, by stream and schema id, the oldest first."""
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for schema_id, document in corpus.versions().items():
        if not schema_id.startswith("/fragment/"):
            found[document["title"].replace("/", ".")][schema_id] = document
    return {stream: dict(sorted(versions.items(), key=lambda one: age(one[0]))) for stream, versions in found.items()}


def age(schema_id: str) -> tuple[int, ...]:
    return tuple(map(int, schema_id.rsplit("/", 1)[1].split(".")))


def test_corpus__every_version_and_example__tables_widened_in_place_and_one_row_each(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    store, streams = make(request, tmp_path), versions_by_stream()
    sent: set[str] = set()

    with store.sink() as sink:
        for stream, versions in streams.items():
            offsets = count()
            for schema_id, document in versions.items():
                sink.prepare(stream, schema_id, document, NO_STEERING)
                rows = [as_row(stream, next(offsets), example) for example in document.get("examples", ())]
                if rows:
                    expected = sink.position(TopicPartition(stream, 0))
                    sink.write(batch(stream, expected, rows))
                    sent |= {row.event["meta"]["id"] for row in rows}

    assert len(streams) == 37
    assert len(sent) == 63
    tables = [name for (name,) in store.query('SELECT name FROM {}."_tables"')]
    assert len(tables) == 37
    ids = [event_id for name in tables for (event_id,) in store.query('SELECT meta__id FROM {}."{}"', name)]
    assert sorted(ids) == sorted(sent)


def as_row(stream: str, offset: int, example: dict[str, Any]) -> Row:
    event = {**example, "meta": {**example["meta"], "id": str(uuid.uuid4())}}
    return Row(Record(stream, 0, offset, NOW_MS, None, orjson.dumps(event)), event)


def batch(stream: str, expected: Position | None, rows: list[Row]) -> WriteBatch:
    after = Position(rows[-1].offset + 1, "i1", "c")
    return WriteBatch(stream, TopicPartition(stream, 0), expected, after, rows)
