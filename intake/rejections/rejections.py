"""Tells error streams of refused events: the door hands over and goes on, a thread cleans and writes."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from eventplatform.broker.base import Delivery, Producer
from eventplatform.core.error_events import ErrorRecord, write
from eventplatform.core.errors import PlatformError, RejectedError, RetriableError
from eventplatform.core.metrics import INTAKE_REJECTIONS
from eventplatform.core.pii_values import Hashing, family
from eventplatform.core.privacy import Signals, signals_of
from eventplatform.core.records import NewRecord
from eventplatform.core.results import EventResult
from eventplatform.core.services import Service, rules_of
from eventplatform.core.streams import Stream
from eventplatform.guard.buckets import Buckets
from eventplatform.guard.request_head import RequestHead, request_id
from intake.desks import Desk
from intake.ids import Moment, new_id
from intake.rejections.raw_events import RawEvents
from intake.visits import Visit

log = logging.getLogger(__name__)

_AT_ONCE = 100
_BURST_SECONDS = 10.0
_EVERYTHING = ("", "")


@dataclass(frozen=True, slots=True)
class RejectionLimits:
    """How much is told: records a second of one stream and code, and of all; bytes kept of an event, of a body, in memory."""

    per_second: float = 5.0
    per_second_in_all: float = 200.0
    max_event_bytes: int = 64 * 1024
    max_body_bytes: int = 4 * 1024
    max_waiting_bytes: int = 16 * 1024 * 1024


class _Waiting(NamedTuple):
    """A refusal between the door and the thread; `raw` was written when it was told, since the event may yet change."""

    raw: bytes
    is_event: bool
    error: PlatformError
    outcome: str
    stream: str
    head: RequestHead
    desk: Desk
    key_name: str
    moment: Moment


class Rejections:
    """One per process. `tell` may be called from any thread and never waits; what is not written is counted.

    An error record goes to the stream's own error stream, else to its service's, else to `own_topic`. Nothing is told of
    what the client sends again: whole requests whose answers carry Retry-After, and events that the platform failed to take,
    unless nobody waited for the answer. Events of a batch beyond a limit are told of: many clients don't send those again.
    """

    def __init__(
        self,
        *,
        producer: Producer,
        hashing: Hashing,
        own_topic: str,
        topic_prefix: str = "",
        limits: RejectionLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._producer = producer
        self._own_topic, self._topic_prefix = own_topic, topic_prefix
        self._limits = limits or RejectionLimits()
        self._clock = clock
        self._buckets = Buckets("rejections", clock=clock, burst_seconds=_BURST_SECONDS, most=10_000)
        self._raw = RawEvents(hashing, max_bytes=self._limits.max_event_bytes)
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._under_way = 0
        self._is_closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def tell(self, refused: Sequence[EventResult], visit: Visit, moment: Moment) -> None:
        """Note the refused events of one request."""
        for one in refused:
            if one.error is None:
                continue
            if isinstance(one.error, RetriableError) and not visit.head.is_hasty:
                self._note_failure(one, one.error, visit)
                continue
            stream = one.stream or ""
            if self._may(stream, one.error.code):
                self._put(_waiting(_dumped(one.event), one.error, one.outcome, visit, moment, stream=stream))

    def tell_body(self, error: PlatformError, visit: Visit, moment: Moment) -> None:
        """Note a request that was refused as a whole: its body, as far as it was read, is kept as text."""
        # Of a request beyond a rate nothing was read, so there would be nothing to see or to replay.
        if error.retry_after_seconds is None and self._may("", error.code):
            raw = _body(visit)[: self._limits.max_body_bytes + 1]
            outcome = error.outcome if isinstance(error, RejectedError) else "failed"
            self._put(_waiting(raw, error, outcome, visit, moment, is_event=False))

    def _note_failure(self, failed: EventResult, error: RetriableError, visit: Visit) -> None:
        """A log line for what the client sends again, as seldom as error records of it would be."""
        bucket = self._buckets.of(("log", error.code), self._limits.per_second)
        if bucket.missing_seconds(self._clock()):
            return
        bucket.take()
        ids = {"stream": failed.stream or "", "event_id": failed.id or "", "request_id": request_id(visit.head, str)}
        log.warning("intake.not_kept", extra={**ids, "code": error.code})

    def flush(self, timeout_seconds: float) -> bool:
        """Wait until everything told is with the log, or given up; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._under_way, timeout_seconds)

    def close(self, timeout_seconds: float = 2.0) -> None:
        """Write what waits, within the time; the producer is somebody else's to close."""
        self.flush(timeout_seconds)
        with self._changed:
            self._is_closed = True
            left = len(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        if left:
            INTAKE_REJECTIONS.labels("", "lost_at_stop").inc(left)

    def _may(self, stream: str, code: str) -> bool:
        now = self._clock()
        pairs = (((stream, code), self._limits.per_second), (_EVERYTHING, self._limits.per_second_in_all))
        buckets = [self._buckets.of(subject, limit) for subject, limit in pairs]
        if any(bucket.missing_seconds(now) for bucket in buckets):
            INTAKE_REJECTIONS.labels(stream, "over_rate").inc()
            return False
        for bucket in buckets:
            bucket.take()
        return True

    def _put(self, waiting: _Waiting) -> None:
        with self._changed:
            if self._is_closed or self._waiting_bytes + len(waiting.raw) > self._limits.max_waiting_bytes:
                INTAKE_REJECTIONS.labels(waiting.stream, "queue_full").inc()
                return
            self._waiting.append(waiting)
            self._waiting_bytes += len(waiting.raw)
            if self._thread is None:  # begun late: a thread does not survive a fork
                self._thread = threading.Thread(target=self._run, name="rejections", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_closed)
                if not self._waiting:
                    return
                taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), _AT_ONCE))]
                self._waiting_bytes -= sum(len(one.raw) for one in taken)
                self._under_way += len(taken)
            made = [(one.stream, record) for one in taken if (record := self._made(one)) is not None]
            self._done(len(taken) - len(made))
            if made:
                self._produce(made)

    def _made(self, waiting: _Waiting) -> NewRecord | None:
        try:
            return self._record(waiting)
        except Exception:
            # One that can't be told must not silence the others.
            log.exception("rejection.not_written", extra={"code": waiting.error.code, "stream": waiting.stream})
            INTAKE_REJECTIONS.labels(waiting.stream, "failed").inc()
            return None

    def _record(self, waiting: _Waiting) -> NewRecord:
        desk, head, error = waiting.desk, waiting.head, waiting.error
        stream = desk.gate.find_stream(waiting.stream) if waiting.stream else None
        service = _service_of(stream, desk)
        rules = service.privacy if stream is None else rules_of(stream.door, service).privacy
        signals = signals_of(head.header, waiting.moment.milliseconds)
        event, text, is_cut = self._text(waiting, rules, signals)
        schema_id = event.get("$schema") if isinstance(event, dict) else None
        is_known = isinstance(schema_id, str) and desk.gate.find_schema(schema_id) is not None
        violations = error.facts.get("violations")
        meta = event.get("meta") if isinstance(event, dict) else None
        told = ErrorRecord(
            code=error.code,
            message=str(error),
            raw=text,
            received_at=waiting.moment.text,
            pointer=error.pointer,
            outcome=waiting.outcome,
            remedy=error.hint,
            service=service.name,
            stream=waiting.stream,
            schema_id=str(schema_id) if is_known else "",
            event_id=str(meta.get("id", "")) if isinstance(meta, dict) else "",
            client=family(head.header("user-agent")),
            key_name=waiting.key_name,
            request_id=request_id(head, str),
            violations=violations if isinstance(violations, tuple) else (),
            is_cut=is_cut,
            is_body=not waiting.is_event,
        )
        log.info("intake.refused", extra=_ids(told))
        name, topic, title = self._where(stream, service, desk)
        given = event if isinstance(event, dict) else {}
        return write(told, given, stream=name, topic=topic, title=title, new_id=new_id(), now_ms=waiting.moment.milliseconds)

    def _text(self, waiting: _Waiting, rules: Any, signals: Signals) -> tuple[Any, str, bool]:
        if waiting.is_event:
            return self._raw.event(waiting.raw, waiting.desk.gate.find_schema, rules, signals)
        return (None, *self._raw.body(waiting.raw, waiting.desk.gate.find_schema, self._limits.max_body_bytes))

    def _where(self, stream: Stream | None, service: Service, desk: Desk) -> tuple[str, str, str]:
        """The error stream, its topic and schema title; refused events of an error stream go to our own: nothing circles."""
        wanted = (stream.door.error_stream if stream else "") or service.error_stream
        found = desk.gate.find_stream(wanted) if wanted and (stream is None or stream.name != wanted) else None
        if found is None:
            return self._own_topic, self._own_topic, ""
        return found.name, found.topic(self._topic_prefix), found.schema_title

    def _produce(self, made: Sequence[tuple[str, NewRecord]]) -> None:
        def settle(deliveries: Sequence[Delivery]) -> None:
            for (stream, _), delivery in zip(made, deliveries, strict=True):
                INTAKE_REJECTIONS.labels(stream, "failed" if delivery.error else "recorded").inc()
            self._done(len(made))

        self._producer.produce([record for _, record in made], settle)

    def _done(self, number: int) -> None:
        with self._changed:
            self._under_way -= number
            self._changed.notify_all()


def _waiting(
    raw: bytes, error: PlatformError, outcome: str, visit: Visit, moment: Moment, *, stream: str = "", is_event: bool = True
) -> _Waiting:
    """What the thread needs of the visit, without its body."""
    key_name = visit.permit.key_name if visit.permit else ""
    return _Waiting(raw, is_event, error, outcome, stream, visit.head, visit.desk, key_name, moment)


def _ids(told: ErrorRecord) -> dict[str, object]:
    """What a log line says of a refusal: whose it was and why, nothing of what was sent; as many lines as error records."""
    whose = {"service": told.service, "stream": told.stream, "event_id": told.event_id, "request_id": told.request_id}
    return {**whose, "code": told.code, "outcome": told.outcome}


def _service_of(stream: Stream | None, desk: Desk) -> Service:
    return (desk.gate.find_service(stream.service) if stream else None) or desk.service


def _dumped(event: Any) -> bytes:
    try:
        return orjson.dumps(event)
    except (TypeError, ValueError):  # what no JSON brought
        return b"null"


def _body(visit: Visit) -> bytes:
    try:
        return visit.body.finish()
    except PlatformError:
        return b""
