"""When the configuration is asked for, and what holds of its answers; one question at a time (§1)."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any, Final

from eventclient.contract.configuration import Configuration, Questions
from eventclient.producing.jobs import Fetch

NEVER: Final = float("inf")
_SPREAD = 0.2


class Asking:
    """`due` is of the monotonic clock. A configuration that was given is never asked for."""

    def __init__(self, holds: Configuration | None, *, is_given: bool) -> None:
        self.due = NEVER if is_given else 0.0
        self._questions = Questions()
        self._questions.holds = holds
        self.urls: dict[str, str] = (
            {**holds.intakes} if holds else {}
        )  # also of intakes that are named no longer: events may wait

    @property
    def holds(self) -> Configuration | None:
        return self._questions.holds

    def ask(self) -> Fetch:
        self.due = NEVER
        return Fetch(self._questions.etag)

    def answered(self, status: int | None, headers: Mapping[str, str], body: Any, clock_offset: float) -> bool:
        """Whether it was a good answer."""
        self.due = time.monotonic() + spread(self._questions.answered(status, headers, body, clock_offset))
        self.urls.update(self.holds.intakes if self.holds else {})
        return self._questions.is_good


def spread(seconds: float) -> float:
    """So that clients which began together don't come together."""
    return seconds * random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311  # spreads load, guards nothing
