"""What is a lake's own in HDFS: Parquet and hours there, a NameNode that is killed and comes back."""

from __future__ import annotations

import io
import time

import pyarrow.parquet as pq
import pytest

from connectors.sinks.base import StoreUnavailableError
from connectors.steering import NO_STEERING
from connectors.stores.lake_sink import LakeSink
from tests.connectors.lakes import HOUR, LATER, close_hours, row, texts, write
from tests.contracts.stores.hdfs import HdfsStore
from tests.servers.stores import HdfsServer

pytestmark = pytest.mark.services


def lake(store: HdfsStore) -> LakeSink:
    made = store.sink()
    assert isinstance(made, LakeSink)
    return made


def test_hours__parquet_in_hdfs__merged_flagged_and_expired(hdfs_server: HdfsServer) -> None:
    store = HdfsStore(hdfs_server.fresh_root(), {"format": "parquet"})
    with lake(store) as sink:
        sink.prepare("s", "/t/1.0.0", {"type": "object", "properties": {"test": {"type": "string"}}}, NO_STEERING)
        for offset in range(3):
            write(sink, row(offset))

        assert close_hours(sink, LATER) == ["25T09 r1 3"]

        (path,) = (path for path in store.files("/s") if path.endswith(".parquet"))
        assert pq.read_table(io.BytesIO(store.read(path))).column("test").to_pylist() == ["t0", "t1", "t2"]
        assert sink.expire("s", before=HOUR.replace(hour=10)) == 1
        assert store.files("/s") == []


def test_namenode__killed_and_started_again__retriable_meanwhile_and_nothing_lost(hdfs_server: HdfsServer) -> None:
    store = HdfsStore(hdfs_server.fresh_root())
    with lake(store) as sink:
        write(sink, row(0))
        hdfs_server.kill()
        began = time.monotonic()
        with pytest.raises(StoreUnavailableError):
            write(sink, row(1))
        assert time.monotonic() - began < 60
    hdfs_server.start()

    with lake(store) as sink:
        write(sink, row(1))

        assert texts(sink) == ["t0", "t1"]
