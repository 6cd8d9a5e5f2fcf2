"""What else happens at the places that a request changes: what holds now, what others scheduled, what was published since."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from streamconfig import lookups
from streamconfig.configuration import changes as differences
from streamconfig.models import ChangeRequest, Revision
from streamconfig.pages import pending
from streamconfig.pages.changes_words import RATE, label, moment_words, words

_MOST_PLACES = 4
_MOST_REVISIONS = 20
Place = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Moment:
    """A value and from when it holds; `number` is the request that brings it, 0 for what holds now."""

    value: str
    at: datetime | None
    number: int
    is_mine: bool
    state: str
    is_stuck: bool = False  # it doesn't fit what holds, so its moment would pass it by

    @property
    def when(self) -> str:
        """From when, in words."""
        when = moment_words(self.at) if self.at else ""
        return f"Not before it is merged{f'; was to hold from {when}' if when else ''}" if self.is_stuck else when


@dataclass(frozen=True, slots=True)
class Course:
    """A place and its values as time goes by."""

    title: str
    moments: tuple[Moment, ...]


def of(change: ChangeRequest, *, is_stuck: bool = False) -> tuple[Course, ...]:
    """The course of the first few places that the request changes. `is_stuck`: it is in conflict with what holds."""
    document = lookups.current_document().as_json()
    mine = _values(change)
    others = [one for one in _others(change) if one.effective_at]
    stuck = pending.stuck_numbers() | ({change.pk} if is_stuck else frozenset())
    places = sorted(mine, key=lambda one: one[2] != RATE)[:_MOST_PLACES]
    return tuple(_course(place, change, mine, others, document, stuck=stuck) for place in places)


def _others(change: ChangeRequest) -> list[ChangeRequest]:
    state = ChangeRequest.State
    rows = ChangeRequest.objects.filter(state__in=(state.IN_REVIEW, state.APPROVED, state.SCHEDULED))
    return list(rows.exclude(pk=change.pk).filter(effective_at__isnull=False).order_by("effective_at", "pk")[:200])


def _values(change: ChangeRequest) -> dict[Place, str]:
    return {
        (one.section, one.name, leaf.keys): words(leaf.keys, leaf.becomes) if leaf.is_set else "not set"
        for one in change.changes
        if one.kind in {"changed", "added"}
        for leaf in differences.leaves(one.fields)
    }


def _course(
    place: Place,
    change: ChangeRequest,
    mine: Mapping[Place, str],
    others: list[ChangeRequest],
    document: Mapping[str, Any],
    *,
    stuck: Collection[int],
) -> Course:
    section, name, keys = place
    moments = [] if change.applied_revision else [Moment(_held(document, place), None, 0, is_mine=False, state="info")]
    moments += [
        Moment(
            mine[place],
            change.effective_at or change.closed_at,
            change.pk,
            is_mine=True,
            state="ok" if change.applied_revision else "fail" if change.pk in stuck else "warn",
            is_stuck=change.pk in stuck,
        )
    ]
    for other in others:
        value = _values(other).get(place)
        if value is not None:
            is_stuck = other.pk in stuck
            state = "fail" if is_stuck else ""
            moments.append(Moment(value, other.effective_at, other.pk, is_mine=False, state=state, is_stuck=is_stuck))
    head, *rest = moments
    rest.sort(key=lambda one: (one.at is not None, one.at.timestamp() if one.at else 0.0))
    where = "" if section == differences.DEFAULTS else f"{name}: "
    return Course(f"{where}{label(keys)}", (head, *rest))


def _held(document: Mapping[str, Any], place: Place) -> str:
    section, name, keys = place
    held: Any = document.get(section, {})
    for key in (() if section == differences.DEFAULTS else (name,)) + keys:
        if not isinstance(held, Mapping) or key not in held:
            return "not set"
        held = held[key]
    return words(keys, held)


def revisions_since(change: ChangeRequest) -> list[tuple[int, str]]:
    """What was published since it was written: each revision's number, and the items that it touches."""
    rows = Revision.objects.filter(number__gt=change.base_revision).defer("document_text").order_by("number")
    if change.applied_revision:
        rows = rows.filter(number__lt=change.applied_revision)
    return [(row.number, _touched(row.changes)) for row in rows[:_MOST_REVISIONS]]


def _touched(kept: list[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(one["name"] or one["section"] for one in kept))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004  # three fit
    return ", ".join(names[:3]) + more
