"""What was in force at a past moment, by the revisions."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django.db import DatabaseError

from eventplatform.core.errors import RetriableError
from streamconfig import published
from streamconfig.configuration import document as documents
from streamconfig.configuration.document import Document
from streamconfig.configuration.timeline import Scheduled, Timeline
from streamconfig.models import ChangeRequest, Revision


class HistoryAwayError(RetriableError):
    """The past is asked for while the database, which alone knows it, is away."""

    code = "history.away"
    message = "The history of the configuration can't be read now."
    remedy = "Ask again after the time that Retry-After names, or ask for what holds now."


def at(moment: datetime) -> tuple[Timeline, int]:
    """What had been published by then, with the changes that were scheduled and due; and the newest revision of both.

    A scheduled change is obeyed at its moment, while its revision is written a little later: it counts from `effective_at`.

    Raises:
        HistoryAwayError: the database is away.
    """
    try:
        base = Revision.objects.filter(created_at__lte=moment).order_by("-number").defer("document_text").first()
        late = Revision.objects.filter(created_at__gt=moment, effective_at__lte=moment, request__isnull=False)
        due = list(late.select_related("request").defer("document_text").order_by("number"))
        waiting = ChangeRequest.objects.filter(state=ChangeRequest.State.SCHEDULED, effective_at__lte=moment)
        scheduled = [*map(_scheduled, due), *map(published.scheduled, waiting)]
        document = _document(base.number, base.hash) if base else Document()
    except DatabaseError as error:
        raise HistoryAwayError from error
    newest = due[-1] if due else base
    return Timeline(document, scheduled), newest.number if newest else 0


@lru_cache(maxsize=8)
def _document(number: int, _hash: str) -> Document:
    """A revision's document, told by its hash too: another database may have another one of that number."""
    return documents.read(Revision.objects.get(number=number).document)


def _scheduled(revision: Revision) -> Scheduled:
    request = revision.request
    if request is None:
        raise ValueError(revision.number)
    return Scheduled(revision.effective_at, request.changes, request.pk, request.title)
