"""One event's way, from its record or from the dead letter of the intake that refused it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eventplatform import panels
from eventplatform.broker.base import Log, size_of
from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.core.records import Record, TopicPartition
from monitoring import canary, tail
from monitoring.trace import lookups, matching, neighbours
from monitoring.trace.neighbours import NO_NEIGHBOURS, Neighbours
from monitoring.trace.steps import Step, of_letter, of_record, of_taker, received_at
from monitoring.trace.verdict import Verdict, judge


@dataclass(frozen=True, slots=True)
class Way:
    """One event's way. `content` is the event, personal data and all; `letter` is why it was set aside, where it was."""

    steps: Sequence[Step]
    verdict: Verdict
    content: Any
    stream: str
    event_id: str
    size: int
    key: str = ""
    record: Record | None = None
    letter: DeadLetter | None = None
    is_canary: bool = False
    others: int = 0  # connectors that don't take its stream
    near: Neighbours = NO_NEIGHBOURS


def way_of(log: Log, record: Record) -> Way:
    """The way of the event in a record."""
    content = tail.parsed(record)
    meta = matching.meta_of(record)
    stream = lookups.stream_of(record, str(meta.get("stream") or ""))
    where = TopicPartition(record.topic, record.partition)
    is_canary = canary.is_canary(content)
    at = received_at(record, content)
    takers, others = lookups.takers(stream, record, at)
    topic = log.topics([record.topic]).get(record.topic)
    letters = lookups.letters_of_record(record, topic.incarnation if topic else "")
    steps = [*of_record(record, content, kept_until=lookups.kept_until(log, record))]
    steps += [of_taker(taker, record, letters.get(taker.name), at=at, is_canary=is_canary) for taker in takers]
    steps += panels.call("processing.trace_steps", stream, where, record.offset, default=())
    verdict = judge(steps)
    failed = verdict.red.name if verdict.red else ""
    return Way(
        steps=steps,
        verdict=verdict,
        content=content,
        stream=stream or record.topic,
        event_id=str(meta.get("id") or ""),
        size=size_of(record),
        key=matching.key_words(record.key),
        record=record,
        letter=letters.get(failed),
        is_canary=is_canary,
        others=others,
        near=neighbours.neighbours(log, record),
    )


def way_of_letter(letter: DeadLetter) -> Way:
    """The way of an event that the intake refused."""
    record = Record(letter.topic, letter.partition, letter.offset, letter.timestamp_ms, letter.key, letter.value)
    steps = of_letter(letter)
    return Way(
        steps=steps,
        verdict=judge(steps),
        content=tail.parsed(record),
        stream=letter.stream,
        event_id=letter.event_id,
        size=len(letter.value or b""),
        letter=letter,
    )
