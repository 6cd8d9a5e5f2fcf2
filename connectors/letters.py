"""The platform's dead letters, in the database that Django uses: the handle that writes them, and how connectors' go back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from connectors import own_database
from eventplatform.broker.base import Delivery
from eventplatform.broker.dead_letters import DeadLetter, DeadLetters
from eventplatform.core import names
from eventplatform.core.records import NewRecord
from eventplatform.eventlog import event_log
from eventplatform.panels import Edited
from streamconfig.lookups import snapshot

_opened: dict[tuple[int, str], DeadLetters] = {}
_SETTLED_SECONDS = 10.0

_GROUPS = """
SELECT name, stream, code, sum(waiting)::bigint, min(first_at), max(last_at) FROM dead_letter_groups
WHERE source = 'connector' AND waiting > 0 GROUP BY name, stream, code ORDER BY max(last_at) DESC LIMIT 200
"""


@dataclass(frozen=True, slots=True)
class Group:
    """Dead letters of one connector and stream that have the same reason."""

    connector: str
    stream: str
    code: str
    count: int
    first_at: datetime
    last_at: datetime


def dead_letters() -> DeadLetters:
    """This process's handle; one, shared by its threads, and a new one after a fork."""
    url = own_database.conninfo()
    return _opened.setdefault((os.getpid(), url), DeadLetters(url))


def close() -> None:
    """Let go of this process's handles."""
    while _opened:
        _opened.popitem()[1].close()


def count(*, connector: str = "") -> int:
    """How many wait for somebody, of one connector or of all."""
    return sum(group.count for group in groups(connector=connector))


def groups(*, connector: str = "") -> list[Group]:
    """By connector, stream and reason, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS)
        found = [Group(*row) for row in cursor.fetchall()]
    return [group for group in found if connector in ("", group.connector)]


def check(_letter: DeadLetter, event: dict[str, Any]) -> str:
    """Why the mended event would not pass, as far as its schema tells; the store has the last word. Empty where it would."""
    schema = snapshot().find_schema(str(event.get("$schema")))
    if schema is None:
        return f"No schema {str(event.get('$schema'))[:200]} is known."
    first = next(iter(schema.violations(event, 1)), None)
    return f"{first.pointer} {first.message}" if first else ""


def send(edited: Sequence[Edited], note: str) -> list[str]:
    """Append the mended events to the topics that the records came from; for each why it was not taken, empty where it was.

    Only the connector that refused the record heeds them: a header says for whom they are.
    """
    records = [_record(one, note) for one in edited]
    told: list[Delivery] = []
    producer = event_log().producer()
    try:
        producer.produce(records, told.extend)
        producer.flush(_SETTLED_SECONDS)
    finally:
        producer.close()
    if len(told) != len(records):
        return ["The event log did not confirm it in time."] * len(records)
    return [str(delivery.error) if delivery.error else "" for delivery in told]


def _record(edited: Edited, note: str) -> NewRecord:
    letter: DeadLetter = edited.letter
    kept = [pair for pair in letter.headers if pair[0] not in (names.HEADER_REPLAYED, names.HEADER_REPLAYED_FOR)]
    marks = ((names.HEADER_REPLAYED, note.encode()), (names.HEADER_REPLAYED_FOR, letter.name.encode()))
    value = orjson.dumps(edited.event)
    return NewRecord(letter.topic, value, letter.key, (*kept, *marks), letter.timestamp_ms)
