"""Sends canaries: one per stream and interval, through the intake's HTTP door."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from eventplatform import panels
from eventplatform.broker.base import Log, partitions_of
from eventplatform.core.errors import PlatformError
from eventplatform.core.metrics import CANARY_SENT
from eventplatform.core.streams import Stream
from monitoring import canary, lookups, services
from monitoring.posting import Answer, Intake
from registry.schema.schema_set import SchemaSet
from streamconfig.lookups import snapshot

log = logging.getLogger(__name__)

# A tick that meets a dead intake ends after this; the streams left over come first in the next one.
_TICK_SECONDS = 30.0


def send_due(event_log: Log, intake: Intake) -> int:
    """Send a canary to every stream whose turn it is; the number sent."""
    config = snapshot()
    streams = [one.stream for one in config.stream_set.entries]  # patterns too: they are shown, with the reason
    reasons = {stream.name: canary.excluded_because(stream, _example(stream, config.schemas)) for stream in streams}
    services.note_exclusions(reasons=reasons)
    interval = timedelta(seconds=settings.CANARY_INTERVAL_SECONDS)
    deadline = time.monotonic() + _TICK_SECONDS
    sent = 0
    for name in lookups.due_canaries(now=timezone.now(), interval=interval):
        if time.monotonic() > deadline:
            log.warning("canary_tick.cut_short", extra={"sent": sent})
            break
        if name in config.streams and services.claim_turn(stream=name, now=timezone.now(), interval=interval):
            send(config.streams[name], config.schemas, event_log, intake)
            sent += 1
    return sent


def send(stream: Stream, schemas: SchemaSet, event_log: Log, intake: Intake) -> Answer:
    """Send one canary to `stream` now and keep what became of it."""
    now = timezone.now()
    event_id = str(uuid.uuid4())
    topic = stream.topic(settings.TOPIC_PREFIX)
    example = _example(stream, schemas) or {}
    run = services.begin_run(stream=stream.name, event_id=event_id, topic=topic, positions=_ends(event_log, topic), now=now)
    answer = intake.post(canary.build(stream.name, example, event_id=event_id, now=now))
    services.record_answer(run=run, answer=answer, now=timezone.now())
    CANARY_SENT.labels(stream.name, str(answer.status or "none")).inc()
    if not answer.is_accepted:
        log.warning("canary.refused", extra={"stream": stream.name, "status": answer.status, "reason": answer.error})
    return answer


def headers() -> dict[str, str]:
    """What a canary shows at doors that take no anonymous events; nothing where no intake is installed."""
    key = panels.call("intake.platform_key", default="")
    return {"authorization": f"Bearer {key}"} if key else {}


def _example(stream: Stream, schemas: SchemaSet) -> dict[str, object] | None:
    example: dict[str, object] | None = schemas.canary_example(stream.schema_title)
    return example


def _ends(event_log: Log, topic: str) -> Mapping[int, int]:
    """Where the topic ends now; empty where the log is away, which the intake will say as well."""
    try:
        ends = event_log.end_offsets(partitions_of(event_log.topics([topic])))
    except PlatformError as error:
        log.warning("canary.log_away", extra={"topic": topic, "reason": str(error)})
        return {}
    return {where.partition: offset for where, offset in ends.items()}
