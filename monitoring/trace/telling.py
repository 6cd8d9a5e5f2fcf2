"""An answer as JSON, for programs, and as lines of text, for a shell; what an event holds is in neither."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from eventplatform.broker.dead_letters import DeadLetter
from monitoring.trace.answering import Answer, Looked, Seen
from monitoring.trace.steps import Step
from monitoring.trace.ways import Way

_SIGNS = {"ok": "ok  ", "fail": "FAIL", "warn": "warn", "info": "..  ", "paused": "held", "unknown": "?   "}


def as_json(found: Answer) -> dict[str, Any]:
    """The answer as `/api/v1/trace` gives it."""
    question, way = found.question, found.way
    return {
        "state": found.state,
        "is_red": bool(way and way.verdict.is_red),
        "by": question.by,
        "asked": question.text,
        "stream": question.stream or None,
        "verdict": {"headline": way.verdict.headline, "why": way.verdict.why} if way else None,
        "event": _event(way) if way else None,
        "steps": [_step(step, is_red=step is way.verdict.red) for step in way.steps] if way else [],
        "found": [_seen(one) for one in found.seen],
        "refused": [_refused(one) for one in found.refusals],
        "looked": _looked(found.looked) if found.looked else None,
        "waits_in_spool": found.spooled or None,
    }


def as_text(found: Answer) -> Iterator[str]:
    """The answer line by line."""
    way = found.way
    if way is not None:
        yield f"{_of_several(found)}{way.verdict.headline} {way.verdict.why}"
        yield f"{way.stream or 'no configured stream'} {way.event_id}".rstrip()
        for step in way.steps:
            yield from _lines(step, is_red=step is way.verdict.red)
    else:
        yield "Not found in what was looked at." if found.state == "not_found" else "Not found yet."
    for letter in found.refusals if found.number > 1 else ():
        at = letter.received_at or letter.created_at
        yield f"refused {at:%Y-%m-%d %H:%M:%S} {letter.event_id or 'no id'}: {letter.code}, {letter.message}"
    for one in found.seen if len(found.seen) > 1 else ():
        yield f"also {one.where.topic}/{one.where.partition}/{one.offset} {one.at:%Y-%m-%d %H:%M:%S} {one.event_id}"
    if found.spooled and way is None:
        yield f"The spool {found.spooled}: it may be among them."
    yield from _told(found.looked)


def _of_several(found: Answer) -> str:
    """Which of several events is told; of an id they are one."""
    if found.question.by == "id" or found.number < 2:  # noqa: PLR2004  # one is no several
        return ""
    is_red = bool(found.way and found.way.verdict.is_red)
    which = "The newest" if found.question.by == "key" else "One" if is_red else "The first"
    return f"{which} of {found.number} events: "


def _lines(step: Step, *, is_red: bool) -> Iterator[str]:
    at = step.at.astimezone(UTC).strftime("%H:%M:%S.%f")[:12] if step.at else " " * 12
    word = f" [{'first red step' if is_red else step.word}]" if is_red or step.word else ""
    yield f"  {_SIGNS[step.state]} {at}  {step.name}{word}: {step.words}"
    if step.place:
        yield f"{' ' * 21}{step.place}"


def _told(looked: Looked | None) -> Iterator[str]:
    if looked is None:
        yield "Its place was known; the log was not searched."
        return
    window = f"{looked.window.begin:%Y-%m-%d %H:%M:%S} to {looked.window.end:%Y-%m-%d %H:%M:%S} UTC"
    rest = f", {looked.percent} % of what it holds" if looked.cursor else ", all of it"
    yield f"Looked at {window}{rest}: {looked.records} records in {looked.partitions} partitions, {looked.seconds:.1f} s."
    if looked.cut_at:
        yield f"Retention has deleted what some topics held before {looked.cut_at:%Y-%m-%d %H:%M} UTC."


def _event(way: Way) -> dict[str, Any]:
    record = way.record
    place = {"topic": record.topic, "partition": record.partition, "offset": record.offset} if record else None
    return {
        "id": way.event_id or None,
        "stream": way.stream or None,
        "is_canary": way.is_canary,
        "size": way.size,
        "place": place,
    }


def _step(step: Step, *, is_red: bool) -> dict[str, Any]:
    told = {"name": step.name, "state": step.state, "word": step.word or None, "words": step.words, "at": _at(step.at)}
    return told | {"place": step.place or None, "code": step.code or None, "is_store": step.is_store, "is_first_red": is_red}


def _seen(one: Seen) -> dict[str, Any]:
    place = {"topic": one.where.topic, "partition": one.where.partition, "offset": one.offset}
    return {"id": one.event_id or None, "stream": one.stream, "at": _at(one.at), "is_refusal": one.is_refusal, **place}


def _refused(letter: DeadLetter) -> dict[str, Any]:
    told = {"id": letter.event_id or None, "stream": letter.stream or None, "code": letter.code, "message": letter.message}
    return told | {"dead_letter": letter.id, "at": _at(letter.received_at or letter.created_at)}


def _looked(looked: Looked) -> dict[str, Any]:
    return {
        "begin": _at(looked.window.begin),
        "end": _at(looked.window.end),
        "topics": looked.topics,
        "partitions": looked.partitions,
        "records": looked.records,
        "seconds": round(looked.seconds, 3),
        "percent": looked.percent,
        "is_whole": not looked.cursor,
        "continue": looked.cursor or None,
        "log_begins_at": _at(looked.cut_at),
    }


def _at(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None
