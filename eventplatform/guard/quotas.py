"""Daily quotas: how many events of a key or a stream a day (UTC) may bring, all processes together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

DAY_SECONDS = 86_400


class Quota:
    """What was used of one day; `elsewhere` is what other processes said, `untold` what they have not heard yet."""

    __slots__ = ("day", "elsewhere", "here", "limit", "subject", "untold")

    def __init__(self, subject: Hashable, limit: int, day: int) -> None:
        self.subject = subject
        self.limit = limit
        self.day = day
        self.here = 0
        self.elsewhere = 0
        self.untold = 0

    @property
    def is_used_up(self) -> bool:
        """Nothing is left of the day."""
        return self.here + self.elsewhere >= self.limit

    def take(self) -> None:
        """Use one event's worth."""
        self.here += 1
        self.untold += 1


class Quotas:
    """All quotas of the running day; yesterday's are forgotten when somebody asks.

    At most `most` of them: names below a pattern of streams are chosen by clients. Whoever comes later shares one.
    """

    def __init__(self, clock: Callable[[], float], *, most: int = 50_000) -> None:
        self._clock = clock  # Unix time
        self._most = most
        self._day = -1
        self._kept: dict[Hashable, Quota] = {}
        self._recalled: tuple[int, Callable[[Hashable], int]] = (-1, lambda _: 0)

    @property
    def today(self) -> int:
        """The running day, counted from 1970."""
        return int(self._clock()) // DAY_SECONDS

    def recall(self, day: int, used: Callable[[Hashable], int]) -> None:
        """Quotas of `day` that are new here begin with what `used` says: a process that starts anew grants nothing twice."""
        self._recalled = (day, used)

    def __iter__(self) -> Iterator[Quota]:
        return iter([*self._kept.values()])

    def of(self, subject: Hashable, limit: int) -> Quota:
        """Today's quota of `subject`."""
        day = self.today
        if day != self._day:
            self._day, self._kept = day, {}
        quota = self._kept.get(subject)
        if quota is None and len(self._kept) >= self._most:
            subject = ("crowd", limit)
            quota = self._kept.get(subject)
        if quota is None:
            quota = self._kept.setdefault(subject, self._new(subject, limit, day))
        quota.limit = limit
        return quota

    def _new(self, subject: Hashable, limit: int, day: int) -> Quota:
        quota = Quota(subject, limit, day)
        recalled, used = self._recalled
        if recalled == day:
            quota.elsewhere = used(subject)
        return quota

    def seconds_left(self) -> float:
        """Until the next day begins."""
        return DAY_SECONDS - self._clock() % DAY_SECONDS
