"""Complete hours as Iceberg tables: each file once, also when a run is killed; what expires leaves the table first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.catalog import load_catalog

from connectors.sinks.base import StoreUnavailableError
from connectors.sinks.files import FilesSink, Options, Target
from connectors.steering import NO_STEERING
from connectors.stores.lake_iceberg import TableTakenError
from connectors.stores.lake_sink import LakeSink
from tests.connectors.lakes import HOUR, LATER, Killed, WatchedBlobs, close_hours, row, use_blobs, write
from tests.contracts.stores.s3 import S3Store
from tests.servers.s3 import Buckets

pytestmark = pytest.mark.slow

OLD = {"type": "object", "properties": {"test": {"type": "string"}}}
NEW = {"type": "object", "properties": {"test": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}}}


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/catalog.db"


@pytest.fixture
def sink(tmp_path: Path, uri: str) -> Iterator[LakeSink]:
    made = FilesSink("c1", Target(str(tmp_path / "lake"), iceberg_catalog_uri=uri), Options(format="parquet"))
    with made:
        made.prepare("s", "/t/1.0.0", OLD, NO_STEERING)
        yield made


def table(uri: str, **files: str) -> Any:
    return load_catalog("eventplatform", uri=uri, **files).load_table("events.s")


def texts(uri: str, **files: str) -> list[str]:
    return sorted(table(uri, **files).scan().to_arrow().column("test").to_pylist())


def test_close__parquet_and_a_catalog__in_the_table_once_with_its_hours(sink: LakeSink, uri: str) -> None:
    write(sink, row(0))
    write(sink, row(1))
    close_hours(sink, LATER)
    sink.prepare("s", "/t/1.1.0", NEW, NO_STEERING)
    write(sink, row(2, tags=["a"]))

    close_hours(sink, LATER)
    close_hours(sink, LATER)

    assert texts(uri) == ["t0", "t1", "t2"]
    told = [one.summary.additional_properties.get("eventplatform.hours") for one in table(uri).snapshots()]
    assert told == ["2026-11-25T09 r1", "2026-11-25T09 r2"]


def test_close__killed_after_the_table_was_told__not_told_twice(sink: LakeSink, uri: str) -> None:
    write(sink, row(0))
    real, steps = sink.blobs, [0]

    def watch() -> None:
        """Ends the run at the first change after the commit to the table."""
        steps[0] += 1
        if load_catalog("eventplatform", uri=uri).table_exists("events.s") and table(uri).snapshots():
            raise Killed

    use_blobs(sink, WatchedBlobs(real, watch))
    with pytest.raises(Killed):
        close_hours(sink, LATER)
    use_blobs(sink, real)

    close_hours(sink, LATER)

    assert texts(uri) == ["t0"]
    assert len(table(uri).snapshots()) == 1


def test_expire__hour__leaves_the_table_before_its_files_go(sink: LakeSink, uri: str) -> None:
    write(sink, row(0), row(1, HOUR.replace(hour=8)))
    close_hours(sink, LATER)

    sink.expire("s", before=HOUR)

    assert texts(uri) == ["t0"]


def test_close__table_of_something_else__stops(sink: LakeSink, uri: str, tmp_path: Path) -> None:
    catalog = load_catalog("eventplatform", uri=uri, warehouse=(tmp_path / "other").as_uri())
    catalog.create_namespace("events")
    catalog.create_table("events.s", schema=sink.format("s").schema)  # type: ignore[attr-defined]  # of Parquet
    write(sink, row(0))

    with pytest.raises(TableTakenError):
        close_hours(sink, LATER)


def test_close__catalog_away__tried_again_and_its_password_not_told(tmp_path: Path) -> None:
    away = Target(str(tmp_path), iceberg_catalog_uri="postgresql+psycopg://u:s3cr3t@127.0.0.1:9/x")
    with FilesSink("c1", away, Options(format="parquet")) as sink:
        sink.prepare("s", "/t/1.0.0", OLD, NO_STEERING)
        write(sink, row(0))

        with pytest.raises(StoreUnavailableError) as caught:
            close_hours(sink, LATER)

    assert "s3cr3t" not in str(caught.value)


@pytest.mark.services
def test_close__in_a_bucket__table_reads_from_it(moto_server: Buckets, uri: str) -> None:
    target = replace(moto_server.fresh_bucket(), iceberg_catalog_uri=uri)
    store = S3Store(target, {"format": "parquet"})
    sink = store.sink()
    assert isinstance(sink, LakeSink)
    with sink:
        sink.prepare("s", "/t/1.0.0", OLD, NO_STEERING)
        write(sink, row(0))
        close_hours(sink, LATER)

    files = {"s3.endpoint": target.endpoint_url, "s3.access-key-id": "any", "s3.secret-access-key": "any"}
    assert texts(uri, **files) == ["t0"]
