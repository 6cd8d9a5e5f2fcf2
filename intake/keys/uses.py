"""Which keys were shown and when: noted in memory by the door, written to their rows now and then."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from django.db.models import Q

from intake.models import ProducerKey

WRITTEN_EVERY_SECONDS = 60.0


class Uses:
    """Notes at the door cost one entry in a dictionary. It holds keys that exist, so it can't grow by what strangers send."""

    def __init__(self) -> None:
        self._used: dict[int, float] = {}
        self._refused: dict[int, float] = {}
        self._written_at: dict[tuple[str, int], float] = {}

    def note(self, key: int) -> None:
        """A key was shown and good."""
        self._used[key] = time.time()

    def note_refusal(self, key: int) -> None:
        """A key was shown though it had expired or was revoked."""
        self._refused[key] = time.time()

    def write(self) -> int:
        """Write what is new to the rows, at most once a minute for each key; the number of rows.

        Raises:
            django.db.DatabaseError: the database is away; what was noted is kept for the next time.
        """
        return self._write("last_used_at", self._used) + self._write("last_refused_at", self._refused)

    def _write(self, column: str, noted: dict[int, float]) -> int:
        now = time.time()
        due = {
            key: at for key, at in [*noted.items()] if now - self._written_at.get((column, key), 0.0) >= WRITTEN_EVERY_SECONDS
        }
        if not due:
            return 0
        rows = ProducerKey.objects.filter(pk__in=due).only("pk", column)
        later = [row for row in rows if _is_later(row, column, due[row.pk])]
        for row in later:
            moment = getattr(row, column)
            # Other processes write as well: never back in time.
            ProducerKey.objects.filter(Q(**{column: None}) | Q(**{f"{column}__lt": moment}), pk=row.pk).update(
                **{column: moment}
            )
        for key, at in due.items():
            self._written_at[column, key] = now
            if noted.get(key) == at:
                noted.pop(key, None)
        return len(later)


def _is_later(row: ProducerKey, column: str, at: float) -> bool:
    """Whether a use is news for its row; sets it there."""
    known: datetime | None = getattr(row, column)
    moment = datetime.fromtimestamp(at, UTC)
    setattr(row, column, moment)
    return known is None or known < moment
