"""What is published, read from the database in one piece: the newest document, and what is scheduled on top of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from streamconfig.configuration import document as documents
from streamconfig.configuration.applying import read_over
from streamconfig.configuration.document import STREAMS, Document
from streamconfig.configuration.timeline import Scheduled, Timeline
from streamconfig.models import ChangeRequest, ConfigurationState, Revision


class State(NamedTuple):
    """What a process compares to see whether anything was published or scheduled; `incarnation` is the database's."""

    incarnation: uuid.UUID | None = None
    revision: int = 0
    schedule: int = 0


@dataclass(frozen=True, slots=True)
class Published:
    """The newest document and its future."""

    state: State
    document: Document
    timeline: Timeline


def state() -> State:
    """The state that holds now; one row."""
    row = ConfigurationState.objects.filter(pk=1).values_list("incarnation", "revision", "schedule").first()
    return State(*row) if row else State()


def read(known: Published | None = None) -> Published:
    """What holds now. Who publishes or schedules moves the state, so what was read between two equal ones belongs together."""
    now = state()
    while True:
        seen = now
        document = _document(seen, known)
        scheduled = _scheduled()
        now = state()
        if now == seen:
            return Published(seen, document, Timeline(document, scheduled))


def _document(seen: State, known: Published | None) -> Document:
    if known is not None and known.state[:2] == seen[:2]:
        return known.document
    found = Revision.objects.filter(number=seen.revision).first()
    if found is None:
        return Document()
    made = found.document
    touched = _touched(seen, known)
    if known is None or touched is None or not isinstance(made.get(STREAMS), Mapping):
        return documents.read(made)
    return read_over(known.document, made, touched, list(made[STREAMS]))


def _touched(seen: State, known: Published | None) -> frozenset[str] | None:
    """The streams that revisions since the known one name; None where it isn't known what they did."""
    if known is None or known.state.incarnation != seen.incarnation or not known.state.revision < seen.revision:
        return None
    since = Revision.objects.filter(number__gt=known.state.revision, number__lte=seen.revision)
    told: list[list[dict[str, Any]]] = list(since.values_list("changes", flat=True))
    if len(told) != seen.revision - known.state.revision:
        return None
    return frozenset(one["name"] for changes in told for one in changes if one.get("section") == STREAMS)


def _scheduled() -> list[Scheduled]:
    rows = ChangeRequest.objects.filter(state=ChangeRequest.State.SCHEDULED, effective_at__isnull=False)
    return [scheduled(row) for row in rows]


def scheduled(request: ChangeRequest) -> Scheduled:
    """A request as a timeline takes it."""
    if request.effective_at is None:
        raise ValueError(request.pk)
    return Scheduled(request.effective_at, request.changes, request.pk, request.title)
