"""Dead letters in a real table."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import psycopg
import pytest

from eventplatform.broker.dead_letters import (
    DeadLetter,
    DeadLetters,
    DeadLettersUnavailableError,
    Source,
    letters_of_event,
    letters_of_record,
    letters_of_request,
)
from eventplatform.broker.postgres import schema
from eventplatform.broker.postgres.schema import install
from eventplatform.core.records import TopicPartition
from eventplatform.core.schemas import Violation

pytestmark = pytest.mark.slow


def letter(
    offset: int,
    name: str = "files-archive",
    stream: str = "page.change",
    pointer: str = "/page/id",
    source: Source = "connector",
) -> DeadLetter:
    return DeadLetter(
        name=name,
        stream=stream,
        topic=f"eqiad.{stream}",
        incarnation="one",
        partition=3,
        offset=offset,
        timestamp_ms=1_795_000_000_000,
        key=b"\x00key",
        value=b'{"a": "\xff\x00"}',
        headers=(("request-id", b"\xfe"), ("request-id", b"twice")),
        code="sink.row_refused",
        pointer=pointer,
        message="17 is \0 no page.",
        source=source,
        service="main",
        schema_id="/page/change/1.0.0",
        violations=(Violation(pointer, "type", "must be a number"),),
    )


@pytest.fixture
def letters(postgres_url: str) -> DeadLetters:
    install(postgres_url)
    return DeadLetters(postgres_url)


def test_put__any_bytes__come_back_alike(letters: DeadLetters) -> None:
    put = letter(7)

    letters.put([put])

    (found,) = letters.list()
    assert dataclasses.replace(found, id=None, message=put.message, group_key="") == put
    assert found.message == "17 is \N{REPLACEMENT CHARACTER} no page."
    assert found.id is not None
    assert letters.get(found.id) == found
    letters.close()


def test_put__same_coordinates_again__stays_one(letters: DeadLetters) -> None:
    letters.put([letter(7)])

    letters.put([letter(7), letter(8), letter(7, name="postgres-main")])

    assert letters.count() == 3
    assert letters.count(name="files-archive") == 2
    letters.close()


def test_list__conditions__newest_first_in_pages(letters: DeadLetters) -> None:
    letters.put([letter(n) for n in range(5)] + [letter(9, stream="test.event")])

    page = letters.list(stream="page.change", limit=2)
    rest = letters.list(stream="page.change", before_id=page[-1].id)

    assert [found.offset for found in page + rest] == [4, 3, 2, 1, 0]
    letters.close()


def test_mark_replayed__once__counts_once(letters: DeadLetters) -> None:
    letters.put([letter(1), letter(2)])
    first = letters.list()[-1]
    assert first.id is not None

    assert letters.mark_replayed([first.id]) == 1
    assert letters.mark_replayed([first.id]) == 0

    assert letters.count(is_replayed=True) == 1
    assert [found.offset for found in letters.list(is_replayed=False)] == [2]
    letters.close()


def test_put__database_away__says_so() -> None:
    letters = DeadLetters("postgresql:///none?host=/nowhere")

    with pytest.raises(DeadLettersUnavailableError, match="nowhere"):
        letters.put([letter(1)])


def groups(url: str, what: str = "pointer, total, kept, waiting") -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(f"select {what} from dead_letter_groups order by pointer, source").fetchall()  # noqa: S608  # the test's own words


def test_groups__letters_come_are_replayed_and_go__counted_each_time(letters: DeadLetters, postgres_url: str) -> None:
    letters.put([letter(n, pointer=f"/items/{n}/id") for n in range(3)] + [letter(9, pointer="/a")])
    letters.put([letter(n, pointer=f"/items/{n}/id") for n in range(5)])
    letters.put([letter(50, pointer="/a", source="job")])
    assert groups(postgres_url) == [("/a", 1, 1, 1), ("/a", 1, 1, 1), ("/items/*/id", 5, 5, 5)]

    first, second = [one.id for one in letters.list() if one.id and one.pointer.startswith("/items")][-2:]
    letters.mark_replayed([first, second])
    letters.mark_replayed([first])
    with psycopg.connect(postgres_url) as connection:
        connection.execute("delete from dead_letters where pointer = '/a' and source = 'job'")
        connection.execute("delete from dead_letters where id = %s", [first])
        counts = connection.execute("select sum(count) from dead_letter_counts").fetchone()

    assert sum(row[3] for row in groups(postgres_url) if isinstance(row[3], int)) == letters.count(is_replayed=False)
    assert groups(postgres_url) == [("/a", 1, 1, 1), ("/items/*/id", 5, 4, 3)]
    assert counts == (6,)  # what came stays in the trend; a group that is gone takes its own with it
    letters.close()


def test_groups__two_writers_at_once__neither_waits_for_ever(letters: DeadLetters, postgres_url: str) -> None:
    others = [DeadLetters(postgres_url) for _ in range(3)]

    def write(number: int, handle: DeadLetters) -> None:
        for turn in range(5):
            offsets = range(1000 * number + 100 * turn, 1000 * number + 100 * turn + 20)
            put = [letter(n, pointer=f"/p{n % 7}") for n in offsets]
            handle.put(put if number % 2 else put[::-1])

    threads = [threading.Thread(target=write, args=(number, one)) for number, one in enumerate(others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sum(int(str(row[1])) for row in groups(postgres_url)) == 300
    for one in (*others, letters):
        one.close()


def test_migration__letters_that_were_there__have_groups(postgres_url: str) -> None:
    folder = Path(schema.__file__).resolve().parent.parent / "migrations"
    with psycopg.connect(postgres_url) as connection:
        for name in ("0001_log.sql", "0002_dead_letters.sql"):
            connection.execute((folder / name).read_bytes())
        for offset in range(4):
            connection.execute(
                "insert into dead_letters (connector, stream, topic, incarnation, partition, record_offset, timestamp_ms,"
                " code, pointer, message) values ('files', 's', 't', 'i', 0, %s, 0, 'sink.refused', %s, 'm')",
                [offset, f"/a/{offset % 2}"],
            )
        connection.execute("update dead_letters set replayed_at = now() where record_offset = 0")
        connection.execute((folder / "0003_rejected.sql").read_bytes())

    assert groups(postgres_url, "source, name, pointer, total, waiting") == [("connector", "files", "/a/*", 4, 3)]


def test_letters__of_an_event_a_request_or_a_record__newest_first(letters: DeadLetters, postgres_url: str) -> None:
    refused = dataclasses.replace(letter(1, name="main", source="intake"), event_id="event-1", request_id="request-1")
    for one in (refused, dataclasses.replace(letter(2), event_id="event-1"), letter(3), letter(3, name="other")):
        letters.put([one])
    letters.put(
        [dataclasses.replace(letter(4), event_id="ü" * 100_000, request_id="r" * 100_000)]
    )  # no index stands in its way

    with psycopg.connect(postgres_url) as connection:
        assert [one.offset for one in letters_of_event(connection, "event-1", limit=5)] == [2, 1]
        assert [one.offset for one in letters_of_event(connection, "event-1", limit=1)] == [2]
        assert [one.offset for one in letters_of_request(connection, "request-1", limit=5)] == [1]
        assert [one.name for one in letters_of_record(connection, TopicPartition("eqiad.page.change", 3), 3)] == [
            "other",
            "files-archive",
        ]
        assert letters_of_record(connection, TopicPartition("eqiad.page.change", 3), 1) == []  # the intake's has no such record
        for nothing in ("", "\0", "gone"):
            assert letters_of_event(connection, nothing, limit=5) == letters_of_request(connection, nothing, limit=5) == []
