"""Notes events that a debug id marks or somebody watches: the door copies and goes on, a thread cleans and shares."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import redis

from eventplatform.core.errors import PlatformError, RejectedError
from eventplatform.core.metrics import INTAKE_NOTES
from eventplatform.core.pii_values import Hashing
from eventplatform.core.results import EventResult
from eventplatform.guard.request_head import parameter
from intake.submission import Submission
from intake.trying.boards import Hung, OwnBoard, SharedBoard
from intake.trying.budget import Budget
from intake.trying.notes import HEADER, PARAMETER, Note, is_debug_id, of_id, of_stream
from intake.trying.writing import KEPT_BYTES, Copied, Writer, dumped, text_of_meta
from intake.visits import Visit

log = logging.getLogger(__name__)

Openness = Literal["off", "keys", "on"]

_MAX_WAITING_BYTES = 8 * 1024 * 1024
_AT_ONCE = 100
_ROUND_SECONDS = 0.5  # how often it is asked who watches what

Copies = Mapping[int, tuple[tuple[str, ...], bytes]]  # by index: the subjects, and the event as it was received


class Noting:
    """One per process. Nothing that the door calls waits; what is not noted is counted.

    `openness` says whose debug ids are heeded: nobody's, those of requests with a producer key, everybody's.
    """

    def __init__(self, *, openness: Openness, hashing: Hashing, redis_url: str = "", errors_url: str = "") -> None:
        self.openness = openness
        self.watched: frozenset[str] = frozenset()
        self._writer = Writer(hashing, errors_url=errors_url)
        self._budget = Budget()
        self._own = OwnBoard()
        self._shared = SharedBoard(redis_url) if redis_url else None
        self._is_away = False
        self._waiting: deque[Copied] = deque()
        self._waiting_bytes = 0
        self._under_way = 0
        self._is_closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread; after a fork, which none survives."""
        self._thread = threading.Thread(target=self._run, name="noting", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread once what waits is shared."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=2)
        if self._shared is not None:
            self._shared.close()

    def copies(self, events: Sequence[Any], visit: Visit) -> Copies | None:
        """Copies of the events that are to be noted, made before the gate fills them in; none for nearly every request."""
        debug_id = self.debug_id(visit)
        watched = self.watched
        if not debug_id and not watched:
            return None
        found: dict[int, tuple[tuple[str, ...], bytes]] = {}
        for index, event in enumerate(events):
            stream = text_of_meta(event, "stream") if watched else ""
            wanted = [of_id(debug_id)] if debug_id else []
            if stream in watched:
                wanted.append(of_stream(stream))
            subjects = tuple(subject for subject in wanted if self._budget.may(subject, visit.moment.milliseconds))
            if subjects:
                found[index] = (subjects, dumped(event))
        return found or None

    def note(self, copies: Copies, submission: Submission, visit: Visit) -> None:
        """Note what became of them."""
        written = submission.written
        for result in submission.results():
            copy = copies.get(result.index)
            if copy is not None:
                value = written.get(result.index, b"") if result.is_success else b""
                self._put(self._copied(*copy, value, result, is_event=True, visit=visit))

    def note_body(self, error: PlatformError, body: bytes, visit: Visit) -> None:
        """Note a request with a debug id that is refused as a whole."""
        debug_id = self.debug_id(visit)
        if debug_id and self._budget.may(of_id(debug_id), visit.moment.milliseconds):
            outcome: Any = error.outcome if isinstance(error, RejectedError) else "failed"
            result = EventResult(-1, outcome, error=error)
            kept = body[: KEPT_BYTES + 1]
            self._put(self._copied((of_id(debug_id),), kept, b"", result, is_event=False, visit=visit))

    def _copied(
        self, subjects: tuple[str, ...], received: bytes, written: bytes, result: EventResult, *, is_event: bool, visit: Visit
    ) -> Copied:
        debug_id = self.debug_id(visit)
        return Copied(subjects, received, written, result, is_event, debug_id, visit.head, visit.desk, visit.moment)

    def notes(self, subject: str) -> list[Note]:
        """Those of one subject, newest first; of this process alone while Redis is away. May wait for Redis."""
        self._flush()
        if self._shared is not None:
            try:
                return self._shared.notes(subject)
            except redis.RedisError:
                self._tell(is_away=True)
        return self._own.notes(subject)

    def clear(self, subject: str) -> None:
        """Forget all notes of a subject."""
        self._flush()
        self._own.clear(subject)
        if self._shared is not None:
            try:
                self._shared.clear(subject)
            except redis.RedisError:
                self._tell(is_away=True)

    def debug_id(self, visit: Visit) -> str:
        """The id that marks a request, where that is heeded: its header, or a parameter of the address for beacons."""
        if self.openness == "off":
            return ""
        head = visit.head
        found = head.header(HEADER)
        if not found and PARAMETER in head.query:
            found = parameter(head.query, PARAMETER)
        if not found or not is_debug_id(found):
            return ""
        return self.own_id(found, "" if visit.permit is None else visit.permit.key_prefix)

    def own_id(self, debug_id: str, key_prefix: str) -> str:
        """Where ids are heeded of keys, each key has its own: nobody reads what another's client sent. Empty without a key."""
        if self.openness == "on":
            return debug_id
        return f"{key_prefix}:{debug_id}" if key_prefix else ""

    def _put(self, waiting: Copied) -> None:
        size = len(waiting.received) + len(waiting.written)
        with self._changed:
            if not self._is_closed and self._waiting_bytes + size <= _MAX_WAITING_BYTES:
                self._waiting.append(waiting)
                self._waiting_bytes += size
                self._changed.notify_all()
                return
        for subject in waiting.subjects:
            self._budget.skip(subject, "queue_full")

    def _flush(self) -> None:
        """What was received before a question is part of its answer."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._under_way, timeout=1)

    def _run(self) -> None:
        asked = float("-inf")
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_closed, timeout=_ROUND_SECONDS)
                if self._is_closed and not self._waiting:
                    return
                taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), _AT_ONCE))]
                self._waiting_bytes -= sum(len(one.received) + len(one.written) for one in taken)
                self._under_way = len(taken)
            self._hang([hung for one in taken for hung in self._made(one)])
            with self._changed:
                self._under_way = 0
                self._changed.notify_all()
            if time.monotonic() - asked >= _ROUND_SECONDS:
                asked = time.monotonic()
                self._ask()

    def _hang(self, notes: Sequence[Hung]) -> None:
        if not notes:
            return
        self._own.hang(notes)
        is_shared = self._safely(lambda shared: shared.hang(notes))
        INTAKE_NOTES.labels("shared" if is_shared else "kept_here").inc(len(notes))

    def _ask(self) -> None:
        if not self._safely(self._learn):
            self.watched = frozenset()

    def _learn(self, shared: SharedBoard) -> None:
        self.watched = shared.watched()

    def _safely(self, do: Callable[[SharedBoard], None]) -> bool:
        if self._shared is None:
            return False
        try:
            do(self._shared)
        except redis.RedisError:
            self._tell(is_away=True)
            return False
        except Exception:
            # A thread that ends would note nothing any more.
            log.exception("trying.not_shared")
            return False
        self._tell(is_away=False)
        return True

    def _tell(self, *, is_away: bool) -> None:
        if is_away != self._is_away:
            self._is_away = is_away
            log.warning("trying.redis_away" if is_away else "trying.redis_back")

    def _made(self, waiting: Copied) -> list[Hung]:
        try:
            note = self._writer.note(waiting)
        except Exception:
            # One that can't be shown must not hide the others.
            log.exception("trying.not_noted")
            INTAKE_NOTES.labels("failed").inc()
            return []
        return [(subject, _skipping(note, self._budget.skipped(subject))) for subject in waiting.subjects]


def _skipping(note: Note, skipped: int) -> Note:
    return replace(note, skipped=skipped) if skipped else note
