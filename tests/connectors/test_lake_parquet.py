"""Parquet files of a lake: columns from schemas, what has no place, versions, policies, merging."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from connectors.mapping.policies import ColumnFrozenError, TypeFrozenError
from connectors.options import OptionInvalidError
from connectors.sinks.base import RowDiscardedError, RowsRefusedError, UpsertUnsupportedError
from connectors.sinks.files import FilesSink, Options, Target
from connectors.steering import NO_STEERING
from connectors.stores import lake_columns
from connectors.stores.lake_sink import LakeSink
from tests.connectors.lakes import HOUR, LATER, close_hours, row, write

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
DOCUMENT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "$schema": TEXT,
        "meta": {"type": "object", "properties": {"dt": {"type": "string", "format": "date-time"}}},
        "test": TEXT,
        "count": WHOLE,
        "tags": {"type": "array", "items": TEXT},
        "labels": {"type": "object", "additionalProperties": TEXT},
        "parts": {"type": "array", "items": {"type": "object", "properties": {"x": WHOLE}}},
        "by_name": {"type": "object", "additionalProperties": {"type": "object", "properties": {"x": WHOLE}}},
        "free": {"type": "object"},
        "either": {"type": ["string", "integer"]},
    },
}
WIDER = {
    **DOCUMENT,
    "properties": {
        **DOCUMENT["properties"],
        "new": TEXT,
        "by_name": {"type": "object", "additionalProperties": {"type": "object", "properties": {"x": WHOLE, "y": TEXT}}},
    },
}


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[LakeSink]:
    with FilesSink("c1", Target(str(tmp_path)), Options(format="parquet")) as made:
        made.prepare("s", "/t/1.0.0", DOCUMENT, NO_STEERING)
        yield made


def rows(sink: LakeSink) -> list[dict[str, Any]]:
    """All rows in the order of their offsets, maps as dicts."""
    folder = "s/year=2026/month=11/day=25/hour=09"
    found: list[dict[str, Any]] = []
    for one in sink.blobs.files(folder):
        if not one.name.startswith("_"):
            content = sink.blobs.read(f"{folder}/{one.name}")
            assert content is not None
            found += pq.read_table(io.BytesIO(content)).to_pylist(maps_as_pydicts="strict")
    return sorted(found, key=lambda one: int(one["_offset"]))


def test_write__typed_values__read_back_as_they_were(sink: LakeSink) -> None:
    values = {"count": 3, "tags": ["a", None], "labels": {"k": "v"}, "parts": [{"x": 1}, None], "by_name": {"n": {"x": 2}}}

    write(sink, row(7, **values, free={"any": [1]}, either=5))

    (found,) = rows(sink)
    assert {name: found[name] for name in values} == values
    assert (orjson.loads(found["free"]), orjson.loads(found["either"])) == ({"any": [1]}, 5)
    assert found["meta"] == {"dt": HOUR}
    assert (found["_topic"], found["_partition"], found["_offset"], found["_schema"]) == ("s", 0, 7, "/t/1.0.0")
    assert found["_timestamp"] == datetime.fromtimestamp(1_700_000_000, UTC)
    assert found["_extra"] is None


def test_write__values_without_a_place__in_extra_with_the_reason(sink: LakeSink) -> None:
    write(sink, row(0, count="three", tags=["a", 5], parts=[{"x": 1, "z": 2}], labels=[], surprise={"a": 1}))

    (found,) = rows(sink)
    extra = orjson.loads(found["_extra"])
    assert {place: kept["why"] for place, kept in extra.items()} == {
        "/count": "not_an_integer",
        "/tags/1": "not_a_string",
        "/parts/0/z": "unknown_field",
        "/labels": "not_an_object",
        "/surprise": "unknown_field",
    }
    assert (found["count"], found["tags"], found["parts"]) == (None, ["a", None], [{"x": 1}])


def test_prepare__new_version__old_and_new_files_read_as_one_and_merge(sink: LakeSink) -> None:
    write(sink, row(0, by_name={"n": {"x": 1}}))
    sink.prepare("s", "/t/1.1.0", WIDER, NO_STEERING)
    write(sink, row(1, new="n", by_name={"n": {"x": 1, "y": "y"}}))

    close_hours(sink, LATER)

    first, second = rows(sink)
    assert (first["new"], second["new"]) == (None, "n")
    assert (first["by_name"], second["by_name"]) == ({"n": {"x": 1, "y": None}}, {"n": {"x": 1, "y": "y"}})


def test_prepare__by_two_workers__neither_forgets_the_others_columns(sink: LakeSink, tmp_path: Path) -> None:
    with FilesSink("c1", Target(str(tmp_path)), Options(format="parquet")) as other:
        other.prepare("s", "/t/1.1.0", WIDER, NO_STEERING)
    more = {"type": "object", "properties": {"more": TEXT}}

    sink.prepare("s", "/t/1.2.0", more, NO_STEERING)

    assert {"new", "more", "count"} < set(sink.schemas.columns("s").fields)


@pytest.mark.parametrize(
    ("steering", "fields", "refused"),
    [
        (replace(NO_STEERING, columns="freeze"), {"surprise": 1}, ColumnFrozenError),
        (replace(NO_STEERING, columns="discard_row"), {"surprise": 1}, RowDiscardedError),
        (replace(NO_STEERING, types="freeze"), {"count": "x"}, TypeFrozenError),
        (replace(NO_STEERING, types="discard_row"), {"tags": [5]}, RowDiscardedError),
    ],
)
def test_write__policy_against_it__only_these_rows_refused(
    sink: LakeSink, steering: Any, fields: dict[str, Any], refused: type[Exception]
) -> None:
    with pytest.raises(RowsRefusedError) as caught:
        write(sink, row(0), row(1, **fields), steering=steering)

    assert {offset: type(error) for offset, error in caught.value.refused.items()} == {1: refused}
    assert rows(sink) == []


def test_write__discard_value__counted_and_gone(sink: LakeSink, monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.sinks.base import WriteBatch
    from tests.connectors.lakes import WHERE, at

    steering = replace(NO_STEERING, columns="discard_value", types="discard_value")
    sink.position(WHERE)

    written = sink.write(WriteBatch("s", WHERE, None, at(1), [row(0, surprise=1, count="x")], steering=steering))

    assert (written.rows, written.discarded_values) == (1, 2)
    assert rows(sink)[0]["_extra"] is None


def test_prepare__columns_frozen__only_a_new_stream_gets_any(sink: LakeSink) -> None:
    frozen = replace(NO_STEERING, columns="freeze")

    sink.prepare("s", "/t/1.1.0", WIDER, frozen)
    sink.prepare("fresh", "/t/1.1.0", WIDER, frozen)

    assert "new" not in sink.schemas.columns("s").fields
    assert "new" in sink.schemas.columns("fresh").fields


def test_columns__names_that_differ_in_case_or_are_ours__left_out() -> None:
    found = lake_columns.columns({"properties": {"Id": TEXT, "id": WHOLE, "_Offset": TEXT, "$schema": TEXT, "a": TEXT}})

    assert list(found.fields) == ["Id", "a"]
    assert lake_columns.merged(found, lake_columns.columns({"properties": {"A": TEXT, "b": TEXT}})) == lake_columns.columns(
        {"properties": {"Id": TEXT, "a": TEXT, "b": TEXT}}
    )


def test_columns__as_json_and_back__the_same() -> None:
    found = lake_columns.columns(WIDER)

    assert lake_columns.from_json(orjson.loads(orjson.dumps(lake_columns.as_json(found)))) == found


def test_columns__type_that_changes__stays_as_it_was() -> None:
    old, new = (lake_columns.columns({"properties": {"a": one}}) for one in (WHOLE, TEXT))

    assert lake_columns.merged(old, new) == old


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_lines__merged__read_as_one(tmp_path: Path, compression: str) -> None:
    import gzip

    from backports import zstd

    read: Any = {"none": bytes, "gzip": gzip.decompress, "zstd": zstd.decompress}[compression]
    with FilesSink("c1", Target(str(tmp_path)), Options(compression=compression)) as sink:
        write(sink, row(0))
        write(sink, row(1))
        close_hours(sink, LATER)

    (path,) = (path for path in tmp_path.rglob("*.jsonl*"))
    assert [orjson.loads(line)["test"] for line in read(path.read_bytes()).splitlines()] == ["t0", "t1"]


@pytest.mark.parametrize("compression", ["auto", "none", "gzip", "zstd", "snappy"])
def test_parquet__compressions__all_readable(tmp_path: Path, compression: str) -> None:
    with FilesSink("c1", Target(str(tmp_path)), Options(format="parquet", compression=compression)) as sink:
        sink.prepare("s", "/t/1.0.0", DOCUMENT, NO_STEERING)
        write(sink, row(0))

        assert rows(sink)[0]["test"] == "t0"


def test_options__snappy_lines__refused(tmp_path: Path) -> None:
    with pytest.raises(OptionInvalidError):
        FilesSink("c1", Target(str(tmp_path)), Options(compression="snappy"))


def test_write__other_time_field__files_by_it(tmp_path: Path) -> None:
    with FilesSink("c1", Target(str(tmp_path)), Options(time_field="/when")) as sink:
        write(sink, row(0, when="2020-02-03T04:05:06+01:00"), row(1))

    assert sorted(str(path.parent.relative_to(tmp_path)) for path in tmp_path.rglob("*.jsonl")) == [
        "s/year=2020/month=02/day=03/hour=03",
        "s/year=2023/month=11/day=14/hour=22",
    ]


def test_write__upsert__said_to_be_impossible(sink: LakeSink) -> None:
    with pytest.raises(UpsertUnsupportedError):
        write(sink, row(0), steering=replace(NO_STEERING, is_upsert=True))
