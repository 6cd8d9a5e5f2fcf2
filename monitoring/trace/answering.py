"""Answers where an event is: its place found, its way told step by step, and how far the log was looked at."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from eventplatform.broker.base import Log
from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.core.error_events import is_of_the_intake
from eventplatform.core.errors import RetriableError
from eventplatform.core.records import Record, TopicPartition
from monitoring import tail
from monitoring.rejected.collecting import letter_of
from monitoring.trace import cursor, lookups, matching, neighbours, spans
from monitoring.trace.asking import Question, Window
from monitoring.trace.cursor import Cursor, CursorError
from monitoring.trace.matching import Matcher
from monitoring.trace.scanning import MOST_FOUND, Bounds, Scan, scan
from monitoring.trace.spans import Reach, Span
from monitoring.trace.steps import received_at
from monitoring.trace.ways import Way, way_of, way_of_letter

Place = tuple[TopicPartition, int]
State = Literal["found", "refused", "searching", "not_found"]
_AT_ONCE = 3  # searches in a process: its other threads are for other pages
_PATIENCE_SECONDS = 2.0
_MOST_WAYS = 20  # of one request: each costs some queries
_MOST_KEPT = 2 * MOST_FOUND  # places of what was found that go along with a search
_turns = threading.BoundedSemaphore(_AT_ONCE)


class SearchesBusyError(RetriableError):
    """Enough searches are under way."""

    code = "trace.busy"
    http_status = 429
    message = "Others are searching the log just now."
    remedy = "Ask again in some seconds."


@dataclass(frozen=True, slots=True)
class Looked:
    """How far a search is: `cursor` goes on from there, empty where nothing of the window is left.

    `cut_at`: retention has deleted what some partition held of the window before that time.
    """

    window: Window
    topics: int
    partitions: int
    records: int
    seconds: float
    percent: int
    cursor: str = ""
    cut_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One record that was found, as a line of a list."""

    where: TopicPartition
    offset: int
    at: datetime
    event_id: str
    stream: str
    key: str
    is_refusal: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """`seen` are all records that were found, the way's among them."""

    state: State
    question: Question
    way: Way | None = None
    seen: Sequence[Seen] = ()
    refusals: Sequence[DeadLetter] = ()
    looked: Looked | None = None
    spooled: str = ""

    @property
    def number(self) -> int:
        """How many events were found, refused ones among them."""
        return sum(not one.is_refusal for one in self.seen) + len(self.refusals)


def answer(log: Log, question: Question, *, at: Place | None = None, go_on: str = "", bounds: Bounds | None = None) -> Answer:
    """Where the event is, as far as one request may look; `at` is its place where that is known, `go_on` a cursor.

    Raises:
        RejectedError: the stream is not configured, or the cursor is none.
        RetriableError: the log is away, or too many are searching.
    """
    refusals = [one for one in lookups.letters(question.by, question.text) if one.source != "connector"]
    known = _known(log, question, at) if not go_on else []
    if known:
        return _answer(log, question, known, refusals, None)
    with _turn():
        records, looked = _searched(log, question, go_on, bounds or Bounds())
    return _answer(log, question, records, refusals, looked)


def _answer(
    log: Log, question: Question, records: Sequence[Record], refusals: Sequence[DeadLetter], looked: Looked | None
) -> Answer:
    seen = [_seen(record) for record in records]
    kept = [record for record in records if not is_of_the_intake(record)]
    # The collector is some seconds behind the error streams, and keeps fewer of them.
    refusals = refusals or [letter for record in records if (letter := letter_of(record, "")) is not None]
    if kept:
        return Answer("found", question, _way(log, question, kept, refusals), seen, refusals, looked)
    if refusals:
        return Answer("refused", question, way_of_letter(refusals[0]), seen, refusals, looked)
    state: State = "searching" if looked and looked.cursor else "not_found"
    return Answer(state, question, None, seen, refusals, looked, lookups.waiting_in_spools())


def _way(log: Log, question: Question, kept: Sequence[Record], refusals: Sequence[DeadLetter]) -> Way:
    """The way that is shown of several."""
    # One that came twice is shown as it came first: what follows is the duplicate. Of a key the newest is asked for.
    ordered = sorted(kept, key=lambda one: (one.timestamp_ms, one.offset), reverse=question.by == "key")
    first = way_of(log, ordered[0])
    if question.by != "request" or first.verdict.is_red:
        return first
    # A request is well where all that came with it is: of one that isn't, nobody may read that it arrived everywhere.
    refused = (way_of_letter(one) for one in refusals)
    others = (way_of(log, record) for record in ordered[1:_MOST_WAYS])
    return next((way for way in itertools.chain(refused, others) if way.verdict.is_red), first)


def _known(log: Log, question: Question, at: Place | None) -> list[Record]:
    """The event where its place is known without a search: given, or a canary's, or a dead letter's."""
    places = [at] if at else []
    if question.by == "id" and not at:
        canary_place = lookups.place_of_canary(question.text)
        letters = [one for one in lookups.letters("id", question.text) if one.source == "connector"]
        places = [canary_place] if canary_place else []
        places += [(TopicPartition(one.topic, one.partition), one.offset) for one in letters]
    found = neighbours.records_at(log, dict.fromkeys(places))
    return found if at else list(Matcher(question.by, question.text).among(found))


def _searched(log: Log, question: Question, go_on: str, bounds: Bounds) -> tuple[list[Record], Looked]:
    partitions = lookups.partitions(log, question.stream)
    before = _cursor(go_on, question, partitions)
    planned = spans.resumed(spans.plan(log, partitions, before.window), before.reaches)
    if question.by != "id":  # there may be many: all that the bounds allow
        bounds = replace(bounds, seconds_once_found=bounds.seconds)
    matcher = Matcher(question.by, question.text)
    most_found = max(MOST_FOUND - len(before.found), 1)
    done = scan(log, planned, matcher, before.window, dict(before.reaches), bounds=bounds, most_found=most_found)
    numbers = {where: number for number, where in enumerate(partitions)}
    told = tuple((numbers[TopicPartition(one.topic, one.partition)], one.offset) for one in done.found)
    after = replace(
        before,
        reaches=done.reaches,
        found=(*before.found, *told)[-_MOST_KEPT:],
        records=before.records + done.records,
        seconds=before.seconds + done.seconds,
    )
    earlier = neighbours.records_at(log, [(partitions[number], offset) for number, offset in before.found])
    return [*earlier, *done.found], _looked(log, planned, done, after)


def _cursor(text: str, question: Question, partitions: Sequence[TopicPartition]) -> Cursor:
    digest = cursor.digest_of(partitions)
    if not text:
        return Cursor(question.window, digest)
    found = cursor.read(text)
    if found.digest != digest or any(number >= len(partitions) for number, _ in found.found):
        raise CursorError
    return found


def _looked(log: Log, planned: Sequence[Span], done: Scan, after: Cursor) -> Looked:
    reaches: Mapping[int, Reach] = done.reaches
    left = sum(spans.left(span, reaches.get(number, Reach())) for number, span in enumerate(planned))
    is_over = spans.next_bite(planned, reaches) is None
    whole = after.records + left
    return Looked(
        window=after.window,
        topics=len({span.where.topic for span in planned}),
        partitions=len(planned),
        records=after.records,
        seconds=after.seconds,
        percent=100 if is_over else min(99, 100 * after.records // whole if whole else 99),
        cursor="" if is_over else cursor.write(after),
        cut_at=_cut_at(log, planned),
    )


def _cut_at(log: Log, planned: Sequence[Span]) -> datetime | None:
    """The oldest that is left of the partitions that retention has cut, of a few of them."""
    cut = [(span.where, span.begin) for span in planned if span.is_cut][:5]
    return max((record.moment for record in neighbours.records_at(log, cut)), default=None)


def _seen(record: Record) -> Seen:
    meta = matching.meta_of(record)
    return Seen(
        where=TopicPartition(record.topic, record.partition),
        offset=record.offset,
        at=received_at(record, tail.parsed(record)).astimezone(UTC),
        event_id=str(meta.get("id") or ""),
        stream=str(meta.get("stream") or record.topic),
        key=matching.key_words(record.key) if record.key else "",
        is_refusal=is_of_the_intake(record),
    )


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=_PATIENCE_SECONDS):
        raise SearchesBusyError
    try:
        yield
    finally:
        _turns.release()
