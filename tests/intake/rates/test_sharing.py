"""The thread that shares limits: over a real Redis, and without one."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from eventplatform.embedded.redis import Redis
from eventplatform.guard.permits import LimitedError, StreamRateError
from eventplatform.guard.rates import Rates
from intake.rates.sharing import Sharing

pytestmark = pytest.mark.slow


def ask(rates: Rates, times: int = 20) -> int:
    taken = 0
    for _ in range(times):
        try:
            rates.take((rates.per_second(rates.streams, "s", 100, StreamRateError, "the stream s"),))
        except LimitedError:
            continue
        taken += 1
    return taken


def wait_for(condition: Callable[[], bool], meanwhile: Callable[[], object], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        meanwhile()
        time.sleep(0.02)


def test_sharing__two_processes__each_comes_to_half(embedded_redis: Redis) -> None:
    both = [Rates(), Rates()]
    sharing = [Sharing(embedded_redis.url, rates) for rates in both]
    for one in sharing:
        one.start()
    try:
        wait_for(
            lambda: all(35 < rates.streams.of("s", 100).rate < 65 for rates in both),
            lambda: [ask(rates) for rates in both],
        )
        assert [one.processes for one in sharing] == [2, 2]
    finally:
        for one in sharing:
            one.stop()


def test_sharing__no_redis__nothing_waits_and_the_limit_holds_here() -> None:
    rates = Rates(burst_seconds=1.0)
    sharing = Sharing("redis://127.0.0.1:1/0", rates)
    sharing.start()
    try:
        wait_for(lambda: sharing.is_away, lambda: ask(rates))
        started = time.monotonic()

        assert rates.streams.of("s", 100).rate == 100
        assert ask(rates, 1000) <= 110
        assert time.monotonic() - started < 1
    finally:
        sharing.stop()


def test_sharing__nothing_limited__redis_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    sharing = Sharing("redis://127.0.0.1:1/0", Rates())
    asked: list[bool] = []
    monkeypatch.setattr(type(sharing._exchange), "is_needed", property(lambda _: asked.append(True)))
    sharing.start()
    wait_for(lambda: bool(asked), lambda: None)
    sharing.stop()

    assert not sharing.is_away
