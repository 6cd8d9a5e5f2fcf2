"""Producer keys as pages, the admin and troubles see them: frozen, with the state in a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import QuerySet
from django.utils import timezone

from intake.keys import peppers
from intake.models import KeyAct, ProducerKey

SOON = timedelta(days=14)  # an end that near is told
State = Literal["good", "ends soon", "replaced", "unreadable", "expired", "revoked"]
_BADGES: dict[State, tuple[str, str]] = {
    "good": ("ok", "Good"),
    "ends soon": ("warn", "Ends soon"),
    "replaced": ("info", "Replaced"),
    "unreadable": ("fail", "Unreadable"),
    "expired": ("paused", "Expired"),
    "revoked": ("paused", "Revoked"),
}
OVER: frozenset[State] = frozenset({"expired", "revoked"})


@dataclass(frozen=True, slots=True)
class KeyView:
    """One key. `successor` is the key that replaces it, `is_used_after` whether it was shown since that was made."""

    row: ProducerKey
    state: State
    successor: ProducerKey | None
    is_used_after: bool

    @property
    def badge(self) -> tuple[str, str]:
        """State and word for a badge."""
        return _BADGES[self.state]

    @property
    def is_over(self) -> bool:
        """It opens nothing any more."""
        return self.state in OVER

    @property
    def scope(self) -> str:
        """The streams, as people write them."""
        return ", ".join("all streams" if word == "*" else word for word in self.row.streams)

    @property
    def services(self) -> str:
        """The services, likewise."""
        words = [word for word in self.row.services if word != "*"]
        return ", ".join(words) or "all services"


def every(*, text: str = "") -> Sequence[KeyView]:
    """All keys, those in use first; `text` is part of a name, a beginning or a stream."""
    views = [view(row) for row in _rows() if _matches(row, text.strip().lower())]
    return sorted(views, key=lambda one: (one.is_over, one.row.name, -one.row.pk))


def key(number: int) -> KeyView | None:
    """The key of that number."""
    row = _rows().filter(pk=number).first()
    return view(row) if row else None


def acts(row: ProducerKey) -> Sequence[KeyAct]:
    """What was done with a key, newest first."""
    return [*row.acts.all()[:100]]


def view(row: ProducerKey) -> KeyView:
    """A row with its state at this moment."""
    successor: ProducerKey | None = getattr(row, "successor", None)
    is_used_after = bool(successor and row.last_used_at and row.last_used_at > successor.created_at)
    return KeyView(row, _state(row, successor, timezone.now()), successor, is_used_after)


def _rows() -> QuerySet[ProducerKey]:
    return ProducerKey.objects.select_related("successor", "replaces")


def _state(row: ProducerKey, successor: ProducerKey | None, now: datetime) -> State:
    if row.revoked_at is not None:
        return "revoked"
    if row.expires_at is not None and row.expires_at <= now:
        return "expired"
    if row.pepper not in peppers.peppers():
        return "unreadable"
    if successor is not None:
        return "replaced"
    return "ends soon" if row.expires_at is not None and row.expires_at <= now + SOON else "good"


def _matches(row: ProducerKey, text: str) -> bool:
    return not text or any(text in word.lower() for word in (row.name, row.prefix, row.created_by, *row.streams))
