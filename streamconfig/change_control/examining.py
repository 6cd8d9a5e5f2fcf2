"""What a request would do, and what stands in its way: read before deciding, and before asking."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from eventplatform.core.errors import RejectedError
from streamconfig import lookups
from streamconfig.change_control import judging, outlook, publishing
from streamconfig.change_control.errors import ConflictError
from streamconfig.configuration.changes import Change, Conflict, leaves
from streamconfig.configuration.document import Document, DocumentInvalidError
from streamconfig.configuration.effects import Effect
from streamconfig.configuration.policies import Requirement
from streamconfig.configuration.setting_types import Problem
from streamconfig.models import ChangeRequest

State = ChangeRequest.State
Place = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another open request that touches the same place at its own moment."""

    number: int
    title: str
    effective_at: datetime
    state: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything that is known of a request without deciding it."""

    changes: tuple[Change, ...]  # against what holds now; for a closed one, against what held
    conflicts: tuple[Conflict, ...]
    effects: tuple[Effect, ...]
    requirements: tuple[Requirement, ...]
    scheduled_overlaps: tuple[Overlap, ...]
    problems: tuple[Problem, ...]  # what couldn't be published
    before: Document
    after: Document
    refusal: str = ""  # why it can't be published, where no problem of a place says it

    @property
    def is_applicable(self) -> bool:
        """True where nothing but approvals and its moment stands in its way."""
        return not (self.conflicts or self.problems or self.refusal)


def examine(request: ChangeRequest) -> Examination:
    """A request as it stands now; one that is closed, as it stood."""
    seen = outlook.of_request(request)
    problems, refusal = _hindrances(request.changes) if request.is_open else ((), "")
    return Examination(
        seen.changes,
        seen.conflicts,
        seen.effects,
        tuple(judging.requirements(request, seen)),
        overlaps(request.changes, except_number=request.pk) if request.is_open else (),
        problems,
        seen.before,
        seen.after,
        refusal,
    )


def preview(changes: Collection[Change], *, source: str = ChangeRequest.Source.ADMIN, base_revision: int = 0) -> Examination:
    """The same for changes that nobody has asked for yet; nothing is written."""
    wanted = tuple(changes)
    seen = outlook.of_changes(wanted, lookups.current_document(), base_revision or lookups.newest_revision())
    problems, refusal = _hindrances(wanted)
    return Examination(
        seen.changes,
        seen.conflicts,
        seen.effects,
        tuple(judging.wanted(seen, source)),
        overlaps(wanted),
        problems,
        seen.before,
        seen.after,
        refusal,
    )


def _hindrances(changes: Collection[Change]) -> tuple[tuple[Problem, ...], str]:
    try:
        publishing.checked(lookups.current_document(), changes)
    except DocumentInvalidError as error:
        return error.problems, ""
    except ConflictError:
        return (), ""  # told place by place
    except RejectedError as error:
        return (), f"{error} {error.hint}"
    return (), ""


def overlaps(changes: Collection[Change], *, except_number: int = 0) -> tuple[Overlap, ...]:
    """Open requests with a moment of their own that touch a place of these changes."""
    mine = places(changes)
    others = ChangeRequest.objects.filter(state__in=[State.SCHEDULED, State.IN_REVIEW, State.APPROVED])
    others = others.filter(effective_at__isnull=False).exclude(pk=except_number).order_by("effective_at", "pk")
    found = []
    for other in others:
        shared = sorted(_words(one) for one in places(other.changes) if any(_touch(one, own) for own in mine))
        if shared and other.effective_at:
            found.append(Overlap(other.pk, other.title, other.effective_at, other.state, tuple(shared)))
    return tuple(found)


def places(changes: Collection[Change]) -> frozenset[Place]:
    """The single settings that changes touch; an item that comes or goes is one place."""
    return frozenset(
        (change.section, change.name, keys)
        for change in changes
        for keys in ([leaf.keys for leaf in leaves(change.fields)] if change.kind == "changed" else [()])
    )


def _touch(one: Place, other: Place) -> bool:
    shorter = min(len(one[2]), len(other[2]))
    return one[:2] == other[:2] and one[2][:shorter] == other[2][:shorter]


def _words(place: Place) -> str:
    section, name, keys = place
    return " ".join(part for part in (section, name, ".".join(keys)) if part)
