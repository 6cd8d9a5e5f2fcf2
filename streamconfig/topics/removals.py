"""Deletes a topic that no stream names any more, once one person asked and another confirmed."""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils import timezone

from eventplatform.broker.base import Log
from eventplatform.core.errors import PlatformError, RejectedError
from streamconfig import lookups
from streamconfig.change_control.actors import Actor
from streamconfig.change_control.errors import RequestReasonError
from streamconfig.models import KnownTopic, TopicRemoval

log = logging.getLogger(__name__)


class TopicNotOursError(RejectedError):
    """The topic was never named by the configuration."""

    code = "topic.not_ours"
    http_status = 404
    message = "The configuration never named a topic {topic}."
    remedy = "Delete topics of others with the log's own tools."


class TopicInUseError(RejectedError):
    """A stream names the topic still, or again."""

    code = "topic.in_use"
    http_status = 409
    message = "The topic {topic} carries the stream {stream}."
    remedy = "Remove the stream first, or let the topic be."


class TopicRemovalForbiddenError(RejectedError):
    """The person may not ask for, or not confirm, the removal."""

    code = "topic.removal_forbidden"
    http_status = 403
    message = "{why_not}"
    remedy = "Ask an engineer who did not ask for the removal."


class TopicRemovalGoneError(RejectedError):
    """The request is done, or was taken back."""

    code = "topic.removal_gone"
    http_status = 404
    message = "There is no open request for that removal."
    remedy = "Reload the page: somebody may have confirmed it meanwhile."


@transaction.atomic
def ask(topic: str, *, by: Actor, reason: str) -> TopicRemoval:
    """Ask for the removal of a topic; the same again is the request that is open already."""
    _require_engineer(by)
    _require_unused(topic)
    if not reason.strip():
        raise RequestReasonError
    known, is_new = TopicRemoval.objects.get_or_create(
        topic=topic, done_at=None, defaults={"asked_by": by.name, "reason": reason.strip()[:1000]}
    )
    if is_new:
        log.info("topics.removal_asked", extra={"topic": topic, "who": by.name})
    return known


def withdraw(number: int, *, by: Actor) -> None:
    """Take a request back.

    Raises:
        TopicRemovalGoneError: it is done, or was taken back already.
    """
    _require_engineer(by)
    row = TopicRemoval.objects.filter(pk=number, done_at=None).first()
    if row is None:
        raise TopicRemovalGoneError
    row.delete()
    log.info("topics.removal_withdrawn", extra={"topic": row.topic, "asked": row.asked_by, "who": by.name})


def confirm(number: int, *, by: Actor, event_log: Log) -> TopicRemoval:
    """Delete the topic and its records, for good.

    Raises:
        TopicInUseError: a stream names it again.
        TopicRemovalForbiddenError: the same person asked for it.
    """
    _require_engineer(by)
    with transaction.atomic():
        row = TopicRemoval.objects.select_for_update().filter(pk=number, done_at=None).first()
        if row is None:
            raise TopicRemovalGoneError
        if row.asked_by == by.name:
            raise TopicRemovalForbiddenError(why_not="Who asked for a removal can't confirm it.")
        _require_unused(row.topic)
        row.confirmed_by = by.name
        try:
            event_log.delete_topic(row.topic)
        except PlatformError as error:
            row.problem = str(error)
        else:
            row.done_at, row.problem = timezone.now(), ""
            KnownTopic.objects.filter(name=row.topic).delete()
            log.warning("topics.removed", extra={"topic": row.topic, "asked": row.asked_by, "confirmed": by.name})
        row.save()
    return row


def _require_engineer(by: Actor) -> None:
    if not by.may("wire_stream"):
        raise TopicRemovalForbiddenError(why_not="Topics are removed by engineers.")


def _require_unused(topic: str) -> None:
    if not KnownTopic.objects.filter(name=topic).exists():
        raise TopicNotOursError(topic=topic)
    stream_set = lookups.fresh_snapshot().stream_set
    user = next((name for name, stream in stream_set.streams.items() if topic in stream.topics), None)
    pattern = stream_set.configured(topic)
    if user is None and pattern is not None:
        user = pattern.entry.name
    if user is not None:
        raise TopicInUseError(topic=topic, stream=user)
