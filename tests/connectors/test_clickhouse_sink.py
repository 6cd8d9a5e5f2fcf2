"""What is the ClickHouse sink's own: canaries in the store itself, a server that is away, topics made anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.options import OptionInvalidError
from connectors.sinks.base import Canary, Position, StoreUnavailableError, WriteBatch
from connectors.sinks.clickhouse import ClickHouseSink, Options, Target
from tests.connectors.tables import APPEND, WHERE, InClickHouse, fresh, row, write
from tests.free_ports import free_ports
from tests.servers.base import Server


@pytest.fixture
def store(request: pytest.FixtureRequest) -> InClickHouse:
    made = fresh("clickhouse", request)
    assert isinstance(made, InClickHouse)
    return made


@pytest.mark.services
def test_write__canary__stands_in_the_store_itself(store: InClickHouse) -> None:
    with store.sink() as sink:
        canary = Canary(0, "it's \\ one", datetime(2026, 1, 1, tzinfo=UTC))
        sink.write(WriteBatch("s", WHERE, None, Position(1, "i", "c"), (), [canary]))

        assert sink.canary_written("s", "it's \\ one") is not None
        assert store.query("SELECT connector, event_id, sent_at FROM {}", "_canaries") == [
            ("c1", "it's \\ one", datetime(2026, 1, 1))  # noqa: DTZ001  # the server says UTC without saying so
        ]


@pytest.mark.services
def test_write__topic_made_anew__its_offsets_are_other_rows(store: InClickHouse) -> None:
    write(store, [{"test": "a"}, {"test": "b"}])
    with store.sink() as sink:
        sink.prepare("s", "/s/1.0.0", {"properties": {"test": {"type": "string"}}}, APPEND)
        old, new = Position(2, "i", "c"), Position(1, "another", "c")
        sink.write(WriteBatch("s", WHERE, old, new, [row(0, {"test": "c"})]))
        sink.write(WriteBatch("s", WHERE, new, replace(new, next_offset=2), [row(1, {"test": "d"})]))

    found = store.rows("_generation, _offset, test", order="_generation, _offset")
    assert found == [(0, 0, "a"), (0, 1, "b"), (1, 0, "c"), (1, 1, "d")]


@pytest.mark.services
def test_write__server_killed_and_back__goes_on(store: InClickHouse, clickhouse_server: Server) -> None:
    write(store, [{"test": "a"}])
    with store.sink() as sink:
        sink.prepare("s", "/s/1.0.0", {"properties": {"test": {"type": "string"}}}, APPEND)
        step = WriteBatch("s", WHERE, Position(1, "i", "c"), Position(2, "i", "c"), [row(1, {"test": "b"})])
        clickhouse_server.kill()

        with pytest.raises(StoreUnavailableError):
            sink.write(step)
        clickhouse_server.start()
        sink.write(step)

    assert store.rows("test") == [("a",), ("b",)]


@pytest.mark.slow
def test_open__nobody_there__retriable(postgres_url: str) -> None:
    sink = ClickHouseSink("c1", Target(f"http://127.0.0.1:{free_ports()}"), Options())
    sink.around = replace(sink.around, database_url=postgres_url)

    with pytest.raises(StoreUnavailableError), sink:
        pass


def test_options__database_that_is_no_plain_name__refused() -> None:
    with pytest.raises(OptionInvalidError):
        Options(database="events`; DROP DATABASE x")
