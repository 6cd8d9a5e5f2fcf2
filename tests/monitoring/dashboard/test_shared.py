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
    monkeypatch.setattr(shared, "connections", SimpleNamespace(close_all=lambda: None))
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


def test_read__seconds_later__shows_what_was_and_asks_anew_behind_it() -> None:
    clock, asked = Clock(), threading.Event()
    shared.read("a", lambda: 1, clock=clock)
    clock.now += shared.FRESH_SECONDS + 1

    def again() -> int:
        asked.set()
        return 2

    assert shared.read("a", again, clock=clock) == 1
    assert asked.wait(5)
    with shared._reads["a"].lock:  # once whoever asks is through
        assert shared.read("a", lambda: 3, clock=clock) == 2


def test_read__after_a_quiet_while__is_waited_for() -> None:
    clock = Clock()
    shared.read("a", lambda: 1, clock=clock)
    clock.now += shared.FRESH_SECONDS + shared.USABLE_SECONDS + 1

    assert shared.read("a", lambda: 2, clock=clock) == 2


def test_read__within_another_that_asks__is_asked_there() -> None:
    clock = Clock()
    shared.read("inner", lambda: 1, clock=clock)
    clock.now += shared.FRESH_SECONDS + 1

    assert shared.read("outer", lambda: shared.read("inner", lambda: 2, clock=clock), clock=clock) == 2


def test_read__fails_behind__what_was_is_shown_until_it_is_too_old(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    shared.read("a", lambda: 1, clock=clock)
    clock.now += shared.FRESH_SECONDS + 1

    def broken() -> int:
        raise LookupError

    first = shared.read("a", broken, clock=clock)
    with shared._reads["a"].lock:
        clock.now += shared.USABLE_SECONDS

    assert first == 1
    with pytest.raises(LookupError):
        shared.read("a", broken, clock=clock)


def test_read__somebody_is_asking__nobody_asks_a_second_time() -> None:
    clock, let_go, numbers = Clock(), threading.Event(), count(2)
    shared.read("a", lambda: 1, clock=clock)
    clock.now += shared.FRESH_SECONDS + 1

    def slow() -> int:
        assert let_go.wait(5)
        return next(numbers)

    found = [shared.read("a", slow, clock=clock) for _ in range(5)]
    let_go.set()
    with shared._reads["a"].lock:
        later = shared.read("a", slow, clock=clock)

    assert (found, later) == ([1] * 5, 2)


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
