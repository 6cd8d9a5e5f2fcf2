"""One question at a time for each person: a page that is asked again and again must not load a store."""

from __future__ import annotations

from contextlib import AbstractContextManager

from eventplatform.core.errors import RetriableError
from eventplatform.turns import turn_of

_LOCK_SPACE = 0x45585031  # of advisory locks: "EXP1"


class TurnTakenError(RetriableError):
    """The same person's former question is still being answered."""

    code = "explore.one_at_a_time"
    http_status = 429
    message = "Your former question is still being answered."
    remedy = "Wait for its answer, some seconds at most, then ask again."


def turn(person: str) -> AbstractContextManager[None]:
    """Hold the person's turn while the block lasts.

    Raises:
        TurnTakenError: somebody of that name holds it.
    """
    return turn_of(person, space=_LOCK_SPACE, taken=TurnTakenError())
