"""Tries an event against a schema as the intake would, sends nothing, and writes what is wrong beside the line it stands in."""

from __future__ import annotations

import copy
import time
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from eventplatform.core.errors import RejectedError
from eventplatform.core.gate import Gate, Request
from eventplatform.core.schemas import CompiledSchema, Violation
from eventplatform.core.streams import Stream
from registry.pages import json_text
from registry.pages.json_text import Part, Scan

MAX_BYTES = 1024 * 1024
_MAX_DEPTH = 64  # levels of an event, as at the intake
_MAX_PROBLEMS = 50
_MAX_LINES = 400  # a longer event is shown around its problems
_AROUND = 4


@dataclass(frozen=True, slots=True)
class Message:
    """What is wrong: `name` is the field in words, empty for the text as a whole."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the event; `number` is 0 for a gap of lines left out."""

    number: int
    parts: tuple[Part, ...]
    messages: tuple[Message, ...] = ()
    column: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """The verdict. `nanoseconds` is the time of the validation alone; 0 where it did not come to that."""

    lines: tuple[Line, ...]
    problem_count: int
    nanoseconds: int = 0
    notes: tuple[str, ...] = ()

    @property
    def is_valid(self) -> bool:
        """Whether the intake would take it, as far as the schema goes."""
        return not self.problem_count

    @property
    def took(self) -> str:
        """The time in words."""
        micros = self.nanoseconds / 1000
        return f"{micros:.1f} µs" if micros < 10 else f"{micros:.0f} µs"  # noqa: PLR2004  # digits that count


def tried(text: str, schema: CompiledSchema, streams: Collection[str]) -> Trial:
    """What the intake would say of `text` as one event of `schema`; `streams` are those configured for its title."""
    text = text.replace("\r\n", "\n")  # as forms send it
    if len(text.encode(errors="replace")) > MAX_BYTES:
        return _unreadable(text[:2000], 1, 0, f"The event is larger than {MAX_BYTES} bytes, the most that one event may have.")
    try:
        event = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return _unreadable(text, error.lineno, error.colno, _reason(error))
    if not isinstance(event, dict):
        return _unreadable(text, 1, 0, "An event is one JSON object: { … }.")
    scan = json_text.scan(text)
    if scan.depth > _MAX_DEPTH:
        return _unreadable(text, 1, 0, f"The event nests deeper than {_MAX_DEPTH} levels, the most that the intake takes.")
    shown = json_text.readable(text, event)
    scan = scan if shown == text else json_text.scan(shown)
    nanoseconds = _nanoseconds(event, schema)
    violations = [*_unfit(scan), *_violations(event, schema)][:_MAX_PROBLEMS]
    return Trial(_lines(scan, violations), len(violations), nanoseconds, tuple(_notes(event, schema, streams)))


def _reason(error: orjson.JSONDecodeError) -> str:
    reason = error.msg.partition(": line")[0]
    return f"This is no JSON: {reason}."


def _unreadable(text: str, line: int, column: int, message: str) -> Trial:
    lines = json_text.lines_of(text)
    at = min(max(line, 1), len(lines)) - 1
    made = [Line(index + 1, tuple(parts)) for index, parts in enumerate(lines)]
    made[at] = Line(at + 1, tuple(lines[at]), (Message("", message),), column)
    return Trial(tuple(_around_problems(made)), 1)


def _nanoseconds(event: Mapping[str, Any], schema: CompiledSchema) -> int:
    """The best of a few runs: the first one warms caches that at the intake are warm."""
    times = []
    for _ in range(5):
        started = time.perf_counter_ns()
        schema.is_valid(event)
        times.append(time.perf_counter_ns() - started)
    return min(times)


def _unfit(scan: Scan) -> Iterator[Violation]:
    for pointer in scan.huge:
        yield Violation(pointer, "integer", "is too large a number: send it as text")
    for pointer in scan.null_characters:
        yield Violation(pointer, "text", "holds the character U+0000, which no store takes")


def _violations(event: Mapping[str, Any], schema: CompiledSchema) -> tuple[Violation, ...]:
    """The gate's own answer: what it fills in is filled in; the stream is taken for granted."""
    gate = Gate(
        find_stream=lambda name: Stream(name, schema.title, "", ()),
        find_schema=lambda _: schema,
        new_id=lambda: str(uuid.uuid4()),
    )
    now = datetime.now(UTC)
    moment = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    try:
        gate.admit(copy.deepcopy(event), Request(moment, int(now.timestamp() * 1000), str(uuid.uuid4())))
    except RejectedError as error:
        given: tuple[Violation, ...] = error.facts.get("violations", ())  # type: ignore[assignment]  # what the gate puts there
        return given or (Violation(error.pointer, error.code, f"{error} {error.hint}".strip()), *schema.violations(event))
    return ()


def _notes(event: Mapping[str, Any], schema: CompiledSchema, streams: Collection[str]) -> Iterator[str]:
    """What the intake will ask besides the schema."""
    named = event.get("$schema")
    if isinstance(named, str) and named != schema.schema_id:
        yield f"$schema names {named[:200]}; here the event was judged by {schema.schema_id}."
    meta = event.get("meta")
    stream = meta.get("stream") if isinstance(meta, dict) else None
    if isinstance(stream, str) and stream not in streams:
        known = f" It is taken by {', '.join(sorted(streams)[:3])}." if streams else ""
        yield f"No stream {stream[:200]} is configured for this schema, so the intake would refuse the event.{known}"


def _lines(scan: Scan, violations: list[Violation]) -> tuple[Line, ...]:
    messages: dict[int, list[Message]] = defaultdict(list)
    for violation in violations:
        message = Message(json_text.name_of(violation.pointer), violation.message)
        if message not in messages[scan.line_of(violation.pointer)]:
            messages[scan.line_of(violation.pointer)].append(message)
    made = [Line(index + 1, tuple(parts), tuple(messages.get(index, ()))) for index, parts in enumerate(scan.lines)]
    return tuple(_around_problems(made))


def _around_problems(lines: list[Line]) -> Iterator[Line]:
    """All lines of a short event; of a long one those around its problems, or its beginning."""
    if len(lines) <= _MAX_LINES:
        yield from lines
        return
    marked = [line.number for line in lines if line.messages] or [1]
    kept = {number for at in marked for number in range(at - _AROUND, at + _AROUND + 1)}
    before = 0
    for line in lines:
        if line.number in kept:
            if line.number > before + 1:
                yield Line(0, ())
            yield line
            before = line.number
    if before < len(lines):
        yield Line(0, ())
