"""What is configured as time goes by: the newest document, and the scheduled changes that are obeyed at their moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from streamconfig.configuration.applying import applied
from streamconfig.configuration.changes import Change, Conflict
from streamconfig.configuration.document import Document
from streamconfig.configuration.setting_types import Problem


@dataclass(frozen=True, slots=True)
class Scheduled:
    """An approved change that waits for its moment; `number` is its request's."""

    at: datetime
    changes: tuple[Change, ...]
    number: int
    title: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A scheduled change that can't be made when its moment comes: nothing of it holds."""

    scheduled: Scheduled
    conflicts: tuple[Conflict, ...] = ()
    problems: tuple[Problem, ...] = ()


class Timeline:
    """The document of each moment from now on. Immutable but for what it remembers; safe to share between threads."""

    def __init__(self, document: Document | None = None, scheduled: Iterable[Scheduled] = ()) -> None:
        self.scheduled: Sequence[Scheduled] = tuple(sorted(scheduled, key=lambda one: (one.at, one.number)))
        self.boundaries: Sequence[datetime] = tuple(dict.fromkeys(one.at for one in self.scheduled))
        self._moments = [one.at for one in self.scheduled]
        self._states: dict[int, tuple[Document, tuple[Skipped, ...]]] = {0: (document or Document(), ())}

    def document_at(self, at: datetime) -> Document:
        """The document with every change made whose moment has come; one that doesn't fit any more is left out whole."""
        return self._state(bisect_right(self._moments, at))[0]

    def conflicts_at(self, at: datetime) -> tuple[Skipped, ...]:
        """The changes that `document_at` left out, and why."""
        return self._state(bisect_right(self._moments, at))[1]

    def next_boundary(self, at: datetime) -> datetime | None:
        """When the next scheduled change comes."""
        return next((moment for moment in self.boundaries if moment > at), None)

    def _state(self, due: int) -> tuple[Document, tuple[Skipped, ...]]:
        known = max(number for number in tuple(self._states) if number <= due)
        for number in range(known, due):
            document, skipped = self._states[number]
            scheduled = self.scheduled[number]
            after, conflicts, problems = applied(document, scheduled.changes)
            if conflicts or problems:
                self._states[number + 1] = document, (*skipped, Skipped(scheduled, conflicts, problems))
            else:
                self._states[number + 1] = after, skipped
        return self._states[due]
