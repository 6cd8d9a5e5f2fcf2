"""Which share of clients sends, as time goes by: known changes of sampling are no incident; pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta

_FOLLOWED_WITHIN = timedelta(hours=1)  # clients keep a configuration for a while; until then either share may be seen


class Shares:
    """A stream's shares: what held first is taken to have held ever before."""

    def __init__(self, changes: Iterable[tuple[datetime, float]] = ()) -> None:
        self._steps = sorted(changes)
        self._moments = [at for at, _ in self._steps]

    def at(self, moment: datetime) -> float:
        """The share that the configuration says."""
        if not self._steps:
            return 1.0
        return self._steps[max(bisect_right(self._moments, moment) - 1, 0)][1]

    def around(self, moment: datetime) -> tuple[float, float]:
        """The least and the most that clients may be sending: all shares of the last hour."""
        if not self._steps:
            return 1.0, 1.0
        first = max(bisect_right(self._moments, moment - _FOLLOWED_WITHIN) - 1, 0)
        last = max(bisect_right(self._moments, moment), 1)
        found = [share for _, share in self._steps[first:last]]
        return min(found), max(found)

    def changes(self, begin: datetime, end: datetime) -> list[tuple[datetime, float, float]]:
        """Each change after `begin` and before `end`, with the share before and after it."""
        return [
            (at, self._steps[number - 1][1], share)
            for number, (at, share) in enumerate(self._steps)
            if number and begin < at < end
        ]

    def is_steady(self, begin: datetime, end: datetime) -> bool:
        """True where one share held all the time."""
        return bisect_right(self._moments, begin) == bisect_right(self._moments, end) or not self.changes(begin, end)
