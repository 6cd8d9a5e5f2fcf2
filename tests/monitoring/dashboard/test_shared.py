from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count
from types import SimpleNamespace

import pytest

from monitoring.dashboard import shared


@pytest.fixture(autouse=True)
def _outside_of_transactions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(shared, "connection", SimpleNamespace(in_atomic_block=False))
    shared.forget()
    yield
    shared.forget()


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_read__again_at_once__asks_once() -> None:
    numbers = count(1)

    found = [shared.read("a", lambda: next(numbers)) for _ in range(3)]

    assert found == [1, 1, 1]


def test_read__other_key__asks_for_itself() -> None:
    assert (shared.read("a", lambda: 1), shared.read("b", lambda: 2)) == (1, 2)


def test_read__seconds_later__asks_anew() -> None:
    clock = Clock()
    shared.read("a", lambda: 1, clock=clock)
    clock.now += shared.FRESH_SECONDS + 1

    assert shared.read("a", lambda: 2, clock=clock) == 2


def test_read__somebody_is_asking__others_go_on_with_what_was_found() -> None:
    clock, begun, let_go = Clock(), threading.Event(), threading.Event()
    shared.read("a", lambda: "old", clock=clock)
    clock.now += shared.FRESH_SECONDS + 1

    def slow() -> str:
        begun.set()
        assert let_go.wait(5)
        return "new"

    thread = threading.Thread(target=lambda: shared.read("a", slow, clock=clock))
    thread.start()
    assert begun.wait(5)

    meanwhile = shared.read("a", lambda: "asked twice", clock=clock)
    let_go.set()
    thread.join(5)

    assert meanwhile == "old"
    assert shared.read("a", lambda: "asked again", clock=clock) == "new"


def test_read__nothing_usable_and_somebody_asks__waits_and_asks_nothing_itself() -> None:
    numbers = count(1)
    barrier = threading.Barrier(4)
    found: list[int] = []

    def look() -> None:
        barrier.wait(5)
        found.append(shared.read("a", lambda: next(numbers)))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)

    assert found == [1] * 4


def test_read__fails__keeps_nothing_and_lets_go() -> None:
    def broken() -> int:
        raise LookupError

    with pytest.raises(LookupError):
        shared.read("a", broken)

    assert shared.read("a", lambda: 3) == 3


def test_read__inside_a_transaction__shares_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shared.read("a", lambda: 1)
    monkeypatch.setattr(shared, "connection", SimpleNamespace(in_atomic_block=True))

    assert shared.read("a", lambda: 2) == 2


def test_read__many_keys__memory_stays_bounded() -> None:
    for number in range(500):
        shared.read(number, lambda: "x")

    assert len(shared._reads) <= shared._MOST
