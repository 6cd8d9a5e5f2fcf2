"""One round of telling other processes what was asked for here, and learning this process's part of each limit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from typing import Any

from eventplatform.guard.buckets import Subject
from eventplatform.guard.quotas import Quota
from eventplatform.guard.rates import Rates
from eventplatform.guard.shares import is_worth_telling, rate_of, smoothed

WINDOW_SECONDS = 1.0
_KEPT_SECONDS = 10  # of a window's counts
_QUOTA_KEPT_SECONDS = 2 * 86_400
_MOST = 5_000  # buckets of one kind told in one round, those asked most
_PROCESSES = "processes"
_PLACE = "eventplatform:rates"

Told = dict[tuple[str, Subject], int]


class Exchange:
    """Counts go into windows of a second by Redis's own clock, so that every process means the same one.

    A round tells the window that has ended and reads the one before it, which all have told by now. Only the thread that
    calls `round` touches it; buckets are shared with the door, which sees a rate change as a whole.
    """

    def __init__(self, rates: Rates, monotonic: Callable[[], float], *, is_one_of_several: bool = False) -> None:
        self.processes = 1
        self._is_one_of_several = is_one_of_several
        self._rates = rates
        self._monotonic = monotonic
        self._offset: float | None = None  # from our monotonic clock to Redis's time
        self._told: Told = {}  # what this process told of the window that is read next
        self._told_window = -1
        self._shared: set[tuple[str, Subject]] = set()  # whose parts are other than equal

    def window(self) -> int:
        """The window that runs now, as far as is known."""
        return int((self._monotonic() + (self._offset or 0.0)) / WINDOW_SECONDS)

    def seconds_to_next(self) -> float:
        """Until shortly after the window ends."""
        passed = (self._monotonic() + (self._offset or 0.0)) % WINDOW_SECONDS
        return WINDOW_SECONDS - passed + 0.05 * WINDOW_SECONDS

    @property
    def is_needed(self) -> bool:
        """Whether anything is limited here. One of several tells the others of itself before: no client finds a limit twice."""
        is_limited = any(len(kind) for kind in self._rates.buckets) or any(True for _ in self._rates.quotas)
        return self._is_one_of_several or is_limited

    def recall(self, redis: Any) -> None:
        """Learn what was used of today's quotas before this process was started.

        Raises:
            redis.RedisError: Redis is away; quotas begin anew here.
        """
        day = self._rates.quotas.today
        told = {_text(field): int(used) for field, used in redis.hgetall(_quota_place(day)).items()}
        self._rates.quotas.recall(day, lambda subject: told.get(_field(subject), 0))

    def round(self, redis: Any) -> None:
        """Tell and learn.

        Raises:
            redis.RedisError: Redis is away; every bucket goes on with the part that it has.
        """
        if self._offset is None:
            self._set_time(redis.time())
        ended = self.window() - 1
        told = self._gather()
        self._tell_and_ask(redis, ended, told)
        self._told, self._told_window = told, ended

    def _tell_and_ask(self, redis: Any, ended: int, told: Told) -> None:
        quotas = [quota for quota in self._rates.quotas if quota.untold]
        taken = [quota.untold for quota in quotas]
        pipe = redis.pipeline(transaction=False)
        pipe.time()
        place = f"{_PLACE}:{ended}"
        for subject, asked in told.items():
            pipe.hincrby(place, _field(subject), asked)
        pipe.hincrby(place, _PROCESSES, 1)
        pipe.expire(place, _KEPT_SECONDS)
        before = [*self._told] if self._told_window == ended - 1 else []
        pipe.hmget(f"{_PLACE}:{ended - 1}", [_PROCESSES, *map(_field, before)])
        for quota, untold in zip(quotas, taken, strict=True):
            pipe.hincrby(_quota_place(quota.day), _field(quota.subject), untold)
            pipe.expire(_quota_place(quota.day), _QUOTA_KEPT_SECONDS)
        answers = pipe.execute()
        self._set_time(answers[0])
        counts = answers[len(told) + 3]
        self._learn(before, self._told, [int(count or 0) for count in counts])
        self._learn_quotas(quotas, taken, answers[len(told) + 4 :: 2])

    def _gather(self) -> Told:
        """What was asked for since the last round, where it matters; what was not told is forgotten."""
        told: Told = {}
        for kind in self._rates.buckets:
            found = [(bucket, bucket.asked) for bucket in kind if bucket.asked]
            for bucket, asked in found:
                bucket.asked -= asked
            worth = [one for one in found if is_worth_telling(one[1] / WINDOW_SECONDS, one[0].limit, self.processes)]
            if len(worth) > _MOST:
                worth = sorted(worth, key=lambda one: -one[1])[:_MOST]
            told |= {(kind.kind, bucket.subject): asked for bucket, asked in worth}
        return told

    def _learn(self, subjects: list[tuple[str, Subject]], told: Told, counts: list[int]) -> None:
        was, self.processes = self.processes, max(1, counts[0])
        kinds = {kind.kind: kind for kind in self._rates.buckets}
        if was != self.processes:
            for kind in kinds.values():
                kind.share = 1 / self.processes
        for (kind_name, subject), total in zip(subjects, counts[1:], strict=True):
            bucket = kinds[kind_name].find(subject)
            if bucket is not None:
                own = told[kind_name, subject] / WINDOW_SECONDS
                part = rate_of(bucket.limit, own=own, total=total / WINDOW_SECONDS, processes=self.processes)
                bucket.set_rate(smoothed(bucket.rate, part))
        everybody = ((name, bucket.subject) for name, kind in kinds.items() for bucket in kind)
        quiet = self._shared if was == self.processes else everybody
        for kind_name, subject in {*quiet}.difference(subjects):
            bucket = kinds[kind_name].find(subject)
            if bucket is not None:  # asked for little or nothing: an equal part
                bucket.set_rate(bucket.limit / self.processes)
        self._shared = {*subjects}

    def _learn_quotas(self, quotas: list[Quota], taken: list[int], totals: list[int]) -> None:
        for quota, untold, total in zip(quotas, taken, totals, strict=True):
            quota.untold -= untold
            quota.elsewhere = max(0, int(total) - (quota.here - quota.untold))

    def _set_time(self, answer: tuple[int, int]) -> None:
        seconds, microseconds = answer
        self._offset = seconds + microseconds / 1_000_000 - self._monotonic()


def _field(subject: Hashable) -> str:
    """A short name; nobody's address stands in Redis."""
    return hashlib.blake2b(repr(subject).encode(), digest_size=12).hexdigest()


def _text(field: bytes | str) -> str:
    return field.decode() if isinstance(field, bytes) else field


def _quota_place(day: int) -> str:
    return f"{_PLACE}:day:{day}"
