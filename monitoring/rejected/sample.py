"""Refused events of the sample, judged by the gate and put on the error streams as the intake would."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.utils import timezone

from eventplatform.broker.base import Log, partitions_of
from eventplatform.core.door_rules import PrivacyRules
from eventplatform.core.error_events import ErrorRecord, write
from eventplatform.core.errors import RejectedError
from eventplatform.core.gate import Gate, Request
from eventplatform.core.pii_values import Hashing, family
from eventplatform.core.privacy import Signals, clean_by_name, plan
from eventplatform.core.records import NewRecord
from monitoring.rejected.collecting import error_streams
from streamconfig.lookups import fresh_snapshot
from streamconfig.snapshots import Snapshot

_SETTLED_SECONDS = 10.0


def load(document: Mapping[str, Any], event_log: Log) -> int:
    """Put the events on their error streams, unless there is something on one; how many."""
    configuration = fresh_snapshot()
    found = (configuration.find_stream(name) for name in error_streams(configuration) if name)
    topics = event_log.topics({topic for stream in found if stream for topic in stream.topics})
    if not topics or any(event_log.end_offsets(partitions_of(topics)).values()):
        return 0
    records = [record for item in document["rejected"] for record in _records(item, configuration) if record.topic in topics]
    producer = event_log.producer()
    try:
        producer.produce(sorted(records, key=lambda one: one.timestamp_ms or 0), lambda _: None)
        producer.flush(_SETTLED_SECONDS)
    finally:
        producer.close()
    return len(records)


def _records(item: Mapping[str, Any], configuration: Snapshot) -> list[NewRecord]:
    chance = random.Random(str(item["event"]))  # noqa: S311  # times of a sample, no secret
    now = timezone.now()
    ages = [timedelta(minutes=item["minutes"] * chance.random()) for _ in range(item["times"])]
    return [made for age in ages if (made := _record(item, configuration, now - age)) is not None]


def _record(item: Mapping[str, Any], configuration: Snapshot, at: datetime) -> NewRecord | None:
    event: dict[str, Any] = orjson.loads(orjson.dumps(item["event"]))
    text, milliseconds = at.strftime("%Y-%m-%dT%H:%M:%S.000Z"), int(at.timestamp() * 1000)
    gate = Gate(
        find_stream=configuration.find_stream,
        find_schema=configuration.find_schema,
        new_id=lambda: str(uuid.uuid4()),
        find_service=configuration.services.get,
    )
    try:
        gate.admit(event, Request(text, milliseconds, str(uuid.uuid4())))
    except RejectedError as error:
        return _told(error, event, item, configuration, text, milliseconds)
    return None


def _told(  # noqa: PLR0917  # one caller, right above
    error: RejectedError, event: dict[str, Any], item: Mapping[str, Any], configuration: Snapshot, text: str, milliseconds: int
) -> NewRecord:
    stream = configuration.find_stream(event["meta"]["stream"])
    schema = configuration.find_schema(event["$schema"])
    hashing = Hashing(settings.PII_HASH_KEY.encode())
    cleaner = plan(schema.document, PrivacyRules(clears_at_door=True), hashing) if schema else None
    if cleaner is not None:
        cleaner.clean(event, signals=Signals(milliseconds))
    violations = error.facts.get("violations")
    service = stream.service if stream else "main"
    told = ErrorRecord(
        code=error.code,
        message=str(error),
        raw=orjson.dumps(clean_by_name(event, PrivacyRules())).decode(),
        received_at=text,
        pointer=error.pointer,
        outcome=error.outcome,
        remedy=error.hint,
        service=service,
        stream=stream.name if stream else "",
        schema_id=event["$schema"] if schema else "",
        event_id=event["meta"].get("id", ""),
        client=family(item["agent"]),
        violations=violations if isinstance(violations, tuple) else (),
    )
    topic = (
        (stream.door.error_stream if stream else "") or configuration.services[service].error_stream or settings.REJECTED_TOPIC
    )
    errors = configuration.find_stream(topic)
    title = errors.schema_title if errors else ""
    return write(told, event, stream=topic, topic=topic, title=title, new_id=str(uuid.uuid4()), now_ms=milliseconds)
