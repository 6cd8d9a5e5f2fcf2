"""Open change requests as the pages of streams, instruments and teams show them: what is to come, and what it waits for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import NoReverseMatch, reverse

from eventplatform.outage import unless_away
from streamconfig import lookups
from streamconfig.configuration import changes
from streamconfig.models import ChangeRequest
from streamconfig.request_models import OPEN

_State = ChangeRequest.State
_BADGES: Mapping[str, tuple[str, str]] = {
    _State.DRAFT: ("unknown", "Draft"),
    _State.IN_REVIEW: ("warn", "Waits for approval"),
    _State.APPROVED: ("ok", "Approved"),
    _State.SCHEDULED: ("ok", "Approved"),
}
Item = tuple[str, str]  # section and name


@dataclass(frozen=True, slots=True)
class Pending:
    """One open request, and what of it concerns the item that was asked for."""

    number: int
    title: str
    state: str
    author: str
    effective_at: datetime | None
    change: changes.Change
    is_stuck: bool = False  # its moment would pass it by: somebody changed the same places since

    @property
    def is_scheduled(self) -> bool:
        """True where it holds from a moment on that is settled."""
        return self.state == _State.SCHEDULED

    @property
    def badge(self) -> tuple[str, str]:
        """State and word."""
        if self.is_stuck:
            return "fail", "In conflict"
        return _BADGES[self.state]

    @property
    def link(self) -> str:
        """The page of the request."""
        return link_of(self.number)

    @property
    def rate(self) -> float | None:
        """The sampling rate that it brings; None where it brings none."""
        for one in changes.leaves(self.change.fields):
            if one.keys == ("sample", "rate") and one.is_set and isinstance(one.becomes, int | float):
                return float(one.becomes)
        return None


def link_of(number: int) -> str:
    """The page of a request."""
    try:
        return reverse("change", args=[number])
    except NoReverseMatch:
        return ""


def by_item() -> Mapping[Item, tuple[Pending, ...]]:
    """The open requests of every item, soonest first; those without a moment come before. None while the database is away."""
    found: dict[Item, list[Pending]] = defaultdict(list)
    stuck = stuck_numbers()
    nothing: list[ChangeRequest] = []
    for row in unless_away(lambda: list(ChangeRequest.objects.filter(state__in=OPEN)), nothing):
        for one in row.changes:
            pending = Pending(row.pk, row.title, row.state, row.author_name, row.effective_at, one, row.pk in stuck)
            found[one.section, one.name].append(pending)
    return {item: tuple(sorted(several, key=_soonest)) for item, several in found.items()}


def stuck_numbers() -> frozenset[int]:
    """The scheduled requests that don't fit any more, so that readers leave them out when their moment comes."""
    timeline = lookups.snapshot().timeline
    ends = timeline.boundaries[-1:]
    return frozenset(one.scheduled.number for end in ends for one in timeline.conflicts_at(end))


def of_items(items: Iterable[Item], known: Mapping[Item, tuple[Pending, ...]] | None = None) -> list[Pending]:
    """The open requests that touch any of the items, each request once."""
    known = by_item() if known is None else known
    found = {one.number: one for item in items for one in known.get(item, ())}
    return sorted(found.values(), key=_soonest)


def _soonest(one: Pending) -> tuple[float, int]:
    return (one.effective_at.timestamp() if one.effective_at else 0.0), one.number
