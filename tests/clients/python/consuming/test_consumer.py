"""What becomes of each event: handled, passed over, tried again, parked; over a source in memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Self

import pytest

from eventclient.consuming.consumer import Consumer
from eventclient.consuming.dead_letters import DeadLetter, MemoryDeadLetters
from eventclient.consuming.errors import ConsumerError, DeadLettersError, Park, Retry
from eventclient.consuming.retries import Retries
from eventclient.consuming.sources import MemorySource
from tests.clients.python.consuming.events import event, running, wait_until

QUICK = Retries(tries=3, first_seconds=0.001)


@dataclass
class Page:
    n: int

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Self:
        return cls(n=found["n"])


def consume(source: MemorySource, consumer: Consumer) -> dict[str, Any]:
    """Until everything is done."""
    with running(consumer) as raised:
        wait_until(lambda: raised or source.committed == source._count)
        assert raised == []
    return consumer.stats()


def test_run__events_of_several_streams__each_to_its_handler() -> None:
    source = MemorySource([event(1), event(2, stream="edits"), event(3)])
    consumer = Consumer(source=source, commit_seconds=0)
    pages, edits = [], []

    @consumer.on("pages", as_=Page)
    def on_page(page: Page) -> None:
        pages.append(page)

    @consumer.on("edits")
    def on_edit(found: dict[str, Any]) -> None:
        edits.append(found["n"])

    stats = consume(source, consumer)

    assert pages == [Page(1), Page(3)]
    assert edits == [2]
    assert (stats["seen"], stats["handled"], stats["lag"]) == (3, 3, {"memory": 0})


def test_run__place_of_the_record__stands_in_meta() -> None:
    source, found = MemorySource([event(1)]), list[Any]()
    consume(source, Consumer("pages", found.append, source=source, commit_seconds=0))

    assert found[0]["meta"] == event(1)["meta"] | {"topic": "memory", "partition": 0, "offset": 0}


def test_run__canaries_duplicates_tombstones__passed_over_and_counted() -> None:
    source, found = MemorySource([event(1), event(2, domain="canary"), event(1), None]), list[Any]()
    stats = consume(source, Consumer("pages", found.append, source=source, commit_seconds=0))

    assert [one["n"] for one in found] == [1]
    assert (stats["canaries"], stats["duplicates"], stats["tombstones"], stats["handled"]) == (1, 1, 1, 1)


def test_run__canaries_wanted__handled() -> None:
    source, found = MemorySource([event(2, domain="canary")]), list[Any]()
    consume(source, Consumer("pages", found.append, source=source, canaries=True, commit_seconds=0))

    assert [one["n"] for one in found] == [2]


@pytest.mark.parametrize(
    ("value", "code"), [(b"no json", "consumer.not_json"), (b"[1]", "consumer.not_an_object"), (b"", "consumer.not_json")]
)
def test_run__bytes_that_are_no_event__parked_whole(value: bytes, code: str) -> None:
    source, letters = MemorySource([value, event(1)]), MemoryDeadLetters()
    stats = consume(source, Consumer("pages", lambda _: None, source=source, dead_letters=letters, commit_seconds=0))

    (letter,) = letters.letters
    assert (letter.value, letter.code, letter.topic, letter.offset) == (value, code, "memory", 0)
    assert (stats["parked"], stats["handled"]) == (1, 1)


@pytest.mark.parametrize(
    ("error", "calls", "code"),
    [
        (Park("no such page", code="page.gone"), 1, "page.gone"),
        (ValueError("secret-of-the-event"), 3, "consumer.handler_failed"),
        (ZeroDivisionError(), 1, "consumer.handler_failed"),
    ],
)
def test_handler__always_raises__parked_after_as_many_tries_as_its_class_has(error: Exception, calls: int, code: str) -> None:
    source, letters, tries = MemorySource([event(1)]), MemoryDeadLetters(), []

    def handle(found: dict[str, Any]) -> None:
        tries.append(found.pop("n"))  # each try has the whole event
        raise error

    retries = Retries(tries=3, first_seconds=0.001, never=(ZeroDivisionError,))
    stats = consume(source, Consumer("pages", handle, source=source, dead_letters=letters, retries=retries, commit_seconds=0))

    (letter,) = letters.letters
    assert tries == [1] * calls
    assert (letter.code, letter.tries, letter.stream) == (code, calls, "pages")
    assert "secret" not in letter.reason
    assert (stats["parked"], stats["retried"], stats["handled"]) == (1, calls - 1, 0)


@pytest.mark.parametrize("error", [Retry(after_seconds=0), ConnectionError()])
def test_handler__not_the_events_fault__tried_until_it_works(error: Exception) -> None:
    source, letters, tries = MemorySource([event(1)]), MemoryDeadLetters(), []

    def handle(_: object) -> None:
        tries.append(1)
        if len(tries) < 10:
            raise error

    retries = Retries(tries=3, first_seconds=0.0001, most_seconds=0.001, forever=(ConnectionError,))
    stats = consume(source, Consumer("pages", handle, source=source, dead_letters=letters, retries=retries, commit_seconds=0))

    assert (len(tries), letters.letters, stats["handled"]) == (10, [], 1)


def test_typed__event_is_none_of_the_class__parked_at_once() -> None:
    broken = {"meta": {"stream": "pages", "id": "x"}}
    source, letters = MemorySource([broken]), MemoryDeadLetters()
    consume(source, Consumer("pages", print, as_=Page, source=source, dead_letters=letters, commit_seconds=0))

    assert [one.code for one in letters.letters] == ["consumer.not_typed"]


def test_stream__without_a_handler__parked() -> None:
    source, letters = MemorySource([event(1, stream="other")]), MemoryDeadLetters()
    consumer = Consumer(source=source, dead_letters=letters, commit_seconds=0)
    consumer.on("pages")(print)
    consume(source, consumer)

    assert [one.code for one in letters.letters] == ["consumer.no_handler"]


class Broken:
    def put(self, _letter: DeadLetter) -> None:
        raise OSError(28, "the disk is full")


def test_parking__fails__consumer_stops_and_keeps_its_place() -> None:
    source = MemorySource([event(1), b"no json", event(3)])
    consumer = Consumer("pages", lambda _: None, source=source, dead_letters=Broken(), commit_seconds=0)

    with pytest.raises(DeadLettersError, match="could not be parked"):
        consumer.run(signals=False)

    assert source.committed == 1


def test_stop__while_an_event_is_tried_again__leaves_it_undone() -> None:
    source = MemorySource([event(1), event(2), event(3)])

    def handle(found: dict[str, Any]) -> None:
        if found["n"] == 2:
            raise Retry(after_seconds=60)

    consumer = Consumer("pages", handle, source=source)
    with running(consumer):
        wait_until(lambda: consumer.stats()["handled"] == 1)

    assert source.committed == 1
    assert consumer.stats()["given_back"] == 2


@pytest.mark.parametrize("workers", [1, 4])
def test_stop__in_the_middle__the_event_under_way_is_finished(workers: int) -> None:
    source, begun, go_on, found = MemorySource([event(n) for n in range(10)]), threading.Event(), threading.Event(), []

    def handle(one: dict[str, Any]) -> None:
        begun.set()
        assert go_on.wait(10)
        found.append(one["n"])

    consumer = Consumer("pages", handle, source=source, workers=workers)
    with running(consumer):
        assert begun.wait(10)
        consumer.stop()
        go_on.set()

    assert found == [0]
    assert source.committed == 1


def test_workers__same_key__in_order_and_side_by_side() -> None:
    source, found, both = MemorySource(), {"a": [], "b": []}, threading.Barrier(2, timeout=10)  # type: ignore[var-annotated]  # lists of numbers
    for n in range(2000):
        source.put(event(n), key=b"ab"[n % 2 : n % 2 + 1])

    def handle(one: dict[str, Any]) -> None:
        if one["n"] < 2:
            both.wait()  # comes back only if two handle at once
        found["ab"[one["n"] % 2]].append(one["n"])

    stats = consume(
        source, Consumer("pages", handle, source=source, workers=8, order_by=lambda one: one["n"] % 2, commit_seconds=0)
    )

    assert found == {"a": list(range(0, 2000, 2)), "b": list(range(1, 2000, 2))}
    assert stats["handled"] == 2000


def test_workers__one_is_stuck__nothing_behind_it_is_kept_as_done() -> None:
    source, stuck, found = MemorySource(), threading.Event(), []
    for n in range(20):
        source.put(event(n))

    def handle(one: dict[str, Any]) -> None:
        if one["n"] == 3:
            stuck.wait(10)
        found.append(one["n"])

    consumer = Consumer("pages", handle, source=source, workers=4, order_by=lambda one: one["n"], commit_seconds=0)
    with running(consumer):
        wait_until(lambda: len(found) >= 10 and source.committed == 3)
        assert 3 not in found
        assert source.committed == 3
        stuck.set()


@pytest.mark.parametrize("key", [{}, {"key": []}])
def test_workers__event_without_a_key_that_order_by_can_use__parked_alone(key: dict[str, Any]) -> None:
    source, letters, found = MemorySource([event(1, **key), event(2, key="a")]), MemoryDeadLetters(), list[int]()
    consumer = Consumer(
        "pages",
        lambda one: found.append(one["n"]),
        source=source,
        dead_letters=letters,
        workers=2,
        order_by=lambda one: one["key"],
        commit_seconds=0,
    )
    stats = consume(source, consumer)

    assert found == [2]
    assert [(one.code, one.offset) for one in letters.letters] == [("consumer.handler_failed", 0)]
    assert (stats["parked"], stats["handled"]) == (1, 1)


def test_workers__one_raises_what_ends_a_consumer__ends_it() -> None:
    source = MemorySource([event(1), b"x", event(2)])

    def handle(_: object) -> None:
        raise Park

    consumer = Consumer("pages", handle, source=source, workers=2, dead_letters=Broken())
    with pytest.raises(DeadLettersError):
        consumer.run(signals=False)
    assert source.committed == 0


def test_run__asynchronous_handler__says_how_to_start() -> None:
    async def handle(_: object) -> None:
        return

    with pytest.raises(ConsumerError, match="run_async"):
        Consumer("pages", handle, source=MemorySource()).run()


def test_run__no_stream__says_so() -> None:
    with pytest.raises(ConsumerError, match="Name streams"):
        Consumer(source=MemorySource()).run(signals=False)
