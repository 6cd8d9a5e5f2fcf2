"""Dead letters in a real table."""

from __future__ import annotations

import dataclasses

import pytest

from eventplatform.broker.dead_letters import DeadLetter, DeadLetters, DeadLettersUnavailableError
from eventplatform.broker.postgres.schema import install

pytestmark = pytest.mark.slow


def letter(offset: int, connector: str = "files-archive", stream: str = "page.change") -> DeadLetter:
    return DeadLetter(
        connector=connector,
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
        pointer="/page/id",
        message="17 is \0 no page.",
    )


@pytest.fixture
def letters(postgres_url: str) -> DeadLetters:
    install(postgres_url)
    return DeadLetters(postgres_url)


def test_put__any_bytes__come_back_alike(letters: DeadLetters) -> None:
    put = letter(7)

    letters.put([put])

    (found,) = letters.list()
    assert dataclasses.replace(found, id=None, message=put.message) == put
    assert found.message == "17 is \N{REPLACEMENT CHARACTER} no page."
    assert found.id is not None
    assert letters.get(found.id) == found
    letters.close()


def test_put__same_coordinates_again__stays_one(letters: DeadLetters) -> None:
    letters.put([letter(7)])

    letters.put([letter(7), letter(8), letter(7, connector="postgres-main")])

    assert letters.count() == 3
    assert letters.count(connector="files-archive") == 2
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
