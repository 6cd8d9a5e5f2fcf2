"""Several processes keep a limit together: within a tenth, however their clients spread, and also while Redis is away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis

from eventplatform.guard.permits import KeyQuotaError, LimitedError, StreamRateError
from eventplatform.guard.rates import Allowance, Rates
from intake.rates.exchange import Exchange

Asked = Callable[[int, float], int]  # events a tenth of a second, by process and second


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeRedis:
    """As much of Redis as a round asks of it."""

    def __init__(self, clock: Time) -> None:
        self.clock = clock
        self.counts: dict[tuple[str, str], int] = {}
        self.is_away = False
        self.answers: list[object] = []

    def pipeline(self, *, transaction: bool) -> FakeRedis:
        assert not transaction
        self.answers = []
        return self

    def time(self) -> tuple[int, int]:
        if self.is_away:
            raise redis.ConnectionError("away")
        now = self.clock.now + 1_800_000_000
        answer = (int(now), int(now % 1 * 1_000_000))
        self.answers.append(answer)
        return answer

    def hincrby(self, place: str, field: str, number: int) -> None:
        self.counts[place, field] = self.counts.get((place, field), 0) + number
        self.answers.append(self.counts[place, field])

    def hmget(self, place: str, fields: list[str]) -> None:
        found = [self.counts.get((place, field)) for field in fields]
        self.answers.append([None if one is None else str(one).encode() for one in found])

    def hgetall(self, place: str) -> dict[bytes, bytes]:
        if self.is_away:
            raise redis.ConnectionError("away")
        return {field.encode(): str(count).encode() for (where, field), count in self.counts.items() if where == place}

    def expire(self, _place: str, _seconds: int) -> None:
        self.answers.append(True)

    def execute(self) -> list[object]:
        return self.answers


class Processes:
    """Processes that take events of one stream as fast as its limit lets them."""

    def __init__(self, number: int, limit: float) -> None:
        self.clock = Time()
        self.redis = FakeRedis(self.clock)
        self.limit = limit
        self.rates = [Rates(monotonic=self.clock, wall=self.clock, burst_seconds=1.0) for _ in range(number)]
        self.exchanges = [Exchange(one, self.clock) for one in self.rates]
        self.taken = [0] * number

    def run(self, seconds: int, asked: Asked) -> int:
        """The number of events let in, by all."""
        before = sum(self.taken)
        for tenth in range(seconds * 10):
            for place, rates in enumerate(self.rates):
                for _ in range(asked(place, tenth / 10)):
                    self.taken[place] += self._takes(rates)
            self.clock.now += 0.1
            if tenth % 10 == 0:
                self._exchange()
        return sum(self.taken) - before

    def _takes(self, rates: Rates) -> bool:
        allowance: Allowance = rates.per_second(rates.streams, "s", self.limit, StreamRateError, "the stream s")
        try:
            rates.take((allowance,))
        except LimitedError:
            return False
        return True

    def _exchange(self) -> None:
        for one in self.exchanges:
            try:
                one.round(self.redis)
            except redis.RedisError:
                continue


@pytest.mark.parametrize("number", [2, 5])
@pytest.mark.parametrize(
    "asked",
    [
        lambda _place, _second: 100,  # all are asked ten times the limit
        lambda place, _second: 200 if place == 0 else 2,  # one has nearly all clients
        lambda place, second: 200 if int(second / 7) % 2 == place % 2 else 20,  # clients move
        lambda place, _second: 3 * (place + 1),
    ],
)
def test_exchange__any_spread_of_clients__together_within_a_tenth(number: int, asked: Asked) -> None:
    processes = Processes(number, limit=100)
    processes.run(10, asked)

    taken = processes.run(60, asked)

    assert min(6000, 600 * sum(asked(place, 0) for place in range(number))) * 0.9 <= taken <= 6600, taken


def test_exchange__several_workers_before_any_client__its_burst_is_granted_once() -> None:
    together = Processes(2, 100)
    together.exchanges = [Exchange(one, together.clock, is_one_of_several=True) for one in together.rates]
    assert all(one.is_needed for one in together.exchanges)
    together.run(4, lambda _place, _second: 0)

    assert [one.processes for one in together.exchanges] == [2, 2]
    assert together.run(1, lambda _place, _second: 100) <= 210  # what had gathered in a second, and the second's own


def test_exchange__all_fits__nobody_is_limited() -> None:
    processes = Processes(3, limit=100)
    processes.run(5, lambda place, _second: 2 * place)

    assert processes.run(20, lambda place, _second: 2 * place) == 20 * 10 * 6


def test_exchange__redis_goes_away__each_keeps_its_last_part() -> None:
    processes = Processes(4, limit=100)
    processes.run(10, lambda _place, _second: 50)

    processes.redis.is_away = True
    taken = processes.run(60, lambda _place, _second: 50)

    assert 5400 <= taken <= 6600


def test_exchange__redis_never_there__each_keeps_the_limit_alone() -> None:
    processes = Processes(2, limit=100)
    processes.redis.is_away = True

    assert 2 * 1000 <= processes.run(10, lambda _place, _second: 50) <= 2 * 1100


def test_exchange__a_process_goes__the_others_get_its_part() -> None:
    processes = Processes(2, limit=100)
    processes.run(10, lambda _place, _second: 50)
    processes.exchanges.pop()
    processes.rates.pop()
    processes.run(5, lambda _place, _second: 50)

    assert processes.run(20, lambda _place, _second: 50) >= 1900


def test_exchange__daily_quota__holds_for_all_together() -> None:
    clock = Time()
    store = FakeRedis(clock)
    rates = [Rates(monotonic=clock, wall=clock) for _ in range(2)]
    exchanges = [Exchange(one, clock) for one in rates]
    taken = 0

    waits = set[int]()
    for _ in range(100):
        for one in rates:
            try:
                one.take((one.per_day("key", 100, KeyQuotaError, "the key"),))
            except LimitedError as error:
                waits.add((error.retry_after_seconds or 0) + int(clock.now))
            else:
                taken += 1
        for exchange in exchanges:
            exchange.round(store)
        clock.now += 1

    assert waits == {86_400}  # at midnight there is more
    assert 100 <= taken <= 102


def test_exchange__process_started_anew__the_day_s_quota_is_not_granted_twice() -> None:
    clock = Time()
    store = FakeRedis(clock)
    before, after = (Rates(monotonic=clock, wall=clock) for _ in range(2))
    for _ in range(7):
        before.take((before.per_day("key", 10, KeyQuotaError, "the key"),))
    Exchange(before, clock).round(store)

    Exchange(after, clock).recall(store)

    for _ in range(3):
        after.take((after.per_day("key", 10, KeyQuotaError, "the key"),))
    with pytest.raises(KeyQuotaError):
        after.take((after.per_day("key", 10, KeyQuotaError, "the key"),))
    after.take((after.per_day("other", 10, KeyQuotaError, "the other"),))
    clock.now += 86_400
    after.take((after.per_day("key", 10, KeyQuotaError, "the key"),))


def test_exchange__addresses__are_not_written_to_redis() -> None:
    clock = Time()
    store = FakeRedis(clock)
    rates = Rates(monotonic=clock, wall=clock)
    rates.take((rates.per_second(rates.addresses, ("", "192.0.2.7"), 1, LimitedError, "you"),))

    Exchange(rates, clock).round(store)

    assert len(store.counts) == 2
    assert "192.0.2" not in repr(store.counts)
