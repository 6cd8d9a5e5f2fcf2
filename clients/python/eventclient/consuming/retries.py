"""How often an event is tried and how long the pauses are, by the class of what its handler raised."""

from __future__ import annotations

import random
from dataclasses import dataclass

from eventclient.consuming.errors import Park, Retry


@dataclass(frozen=True, slots=True)
class Retries:
    """`tries` for an error that is of neither kind below, then the event is parked.

    `forever`: errors that are not the event's fault (a database that is away); as `Retry`, tried until it works.
    `never`: errors that no second try mends; as `Park`, parked at once.
    """

    tries: int = 5
    first_seconds: float = 1.0
    most_seconds: float = 60.0
    forever: tuple[type[Exception], ...] = ()
    never: tuple[type[Exception], ...] = ()

    def again(self, error: Exception, tried: int) -> bool:
        """Whether an event that was tried so often, the last time with this error, is tried again."""
        if isinstance(error, (Park, *self.never)):
            return False
        return isinstance(error, (Retry, *self.forever)) or tried < self.tries

    def pause(self, error: Exception, tried: int) -> float:
        """Seconds until the next try: 1, 2, 4 …, each ±20 %."""
        if isinstance(error, Retry) and error.after_seconds is not None:
            return error.after_seconds
        return spread(min(self.first_seconds * 2 ** min(tried - 1, 20), self.most_seconds))


def spread(seconds: float) -> float:
    """±20 %, so that many consumers don't come again together."""
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311  # nothing secret
