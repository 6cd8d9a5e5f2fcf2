"""One request's events from bytes to the log; used by both doors, knows neither HTTP server nor Django."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from eventplatform.broker.base import Delivery, LogUnavailableError, Producer
from eventplatform.core.errors import PlatformError, RejectedError, RetriableError
from eventplatform.core.gate import MAX_EVENT_BYTES, Gate, Request
from eventplatform.core.schemas import CompiledSchema
from eventplatform.core.streams import Stream
from eventplatform.guard.body import BodyReader
from eventplatform.guard.json_body import JsonLimits, parse_events
from eventplatform.guard.request_head import RequestHead, open_body, request_id
from intake import answers
from intake.answers import Answer
from intake.ids import new_id, now
from intake.submission import Submission

log = logging.getLogger(__name__)


class Configuration(Protocol):
    """What the intake needs of a snapshot."""

    @property
    def revision(self) -> object:
        """Changes with every publish."""
        ...

    def find_stream(self, name: str) -> Stream | None:
        """The stream of that name."""
        ...

    def find_schema(self, schema_id: str) -> CompiledSchema | None:
        """The schema version of that id."""
        ...


class UnexpectedError(PlatformError):
    """A fault of ours; it is in the process's log with its trace."""

    code = "platform.error"
    message = "The intake failed to process this."
    remedy = "Report it, with the time and the request id."


class StartingError(RetriableError):
    """The process is not ready yet, or no longer."""

    code = "intake.starting"
    message = "The intake is starting."
    remedy = "Send it again after the time that Retry-After names."


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request may bring, and how long it may wait."""

    max_body_bytes: int = 10 * 1024 * 1024
    max_event_bytes: int = MAX_EVENT_BYTES
    json: JsonLimits = field(default_factory=JsonLimits)
    ack_timeout_seconds: float = 5.0


class Intake:
    """Takes events for the log. Safe to share between threads; one per process."""

    def __init__(
        self,
        *,
        configuration: Callable[[], Configuration],
        producer: Producer,
        limits: Limits = Limits(),
        services: Collection[str] = (),
        topic_prefix: str = "",
    ) -> None:
        self.configuration = configuration
        self.limits = limits
        self.log_trouble = ""  # why the log did not take the last records; empty while it does
        self._producer = producer
        self._services = frozenset(services)
        self._topic_prefix = topic_prefix
        self._kept: tuple[Configuration, Gate] | None = None

    def open_body(self, head: RequestHead) -> BodyReader:
        """The reader for a request's body."""
        return open_body(head, self.limits.max_body_bytes)

    def submit(self, body: BodyReader, head: RequestHead) -> Submission | Answer:
        """Hand a request's events to the log; the answer, or the submission to wait for."""
        try:
            events = parse_events(body.finish(), self.limits.json)
            submission = Submission(len(events), is_hasty=head.is_hasty)
            self._admit(events, submission, head)
        except PlatformError as error:
            return answers.of_error(error)
        except Exception:
            log.exception("intake.failed")
            return answers.of_error(UnexpectedError())
        self._produce(submission)
        if submission.is_hasty:
            return answers.HASTILY_RECEIVED
        return self.answer(submission) if submission.is_settled else submission

    def answer(self, submission: Submission) -> Answer:
        """The answer once the log has settled."""
        return answers.of_summary(submission.summary())

    def give_up(self, submission: Submission) -> Answer:
        """The answer once the log's time is up."""
        self.log_trouble = f"no acknowledgement within {self.limits.ack_timeout_seconds:g} s"
        submission.give_up(LogUnavailableError(reason=self.log_trouble))
        return self.answer(submission)

    def close(self) -> None:
        """Let go of the log once everything queued is settled."""
        self._producer.close()

    def _admit(self, events: list[Any], submission: Submission, head: RequestHead) -> None:
        gate = self._gate()
        moment = now()
        request = Request(moment.text, moment.milliseconds, request_id(head, new_id))
        submission.late = request.late
        for index, event in enumerate(events):
            try:
                record = gate.admit(event, request)
            except RejectedError as error:
                submission.refuse(index, event, _stream_of(event, gate), error)
            except Exception:
                log.exception("intake.event_failed", extra={"request_id": request.request_id, "index": index})
                submission.refuse(index, event, _stream_of(event, gate), UnexpectedError())
            else:
                submission.add(index, event, record)

    def _produce(self, submission: Submission) -> None:
        def settle(deliveries: Sequence[Delivery]) -> None:
            error = deliveries[-1].error
            self.log_trouble = str(error) if isinstance(error, RetriableError) else ""
            submission.settle(deliveries)

        if submission.records:
            self._producer.produce(submission.records, settle)
        else:
            submission.settle(())

    def _gate(self) -> Gate:
        """The gate over the present configuration, made anew when that was swapped."""
        configuration = self.configuration()
        kept = self._kept
        if kept is not None and kept[0] is configuration:
            return kept[1]
        gate = Gate(
            find_stream=configuration.find_stream,
            find_schema=configuration.find_schema,
            new_id=new_id,
            services=self._services,
            topic_prefix=self._topic_prefix,
            max_event_bytes=self.limits.max_event_bytes,
        )
        self._kept = (configuration, gate)
        return gate


def _stream_of(event: Any, gate: Gate) -> str:
    """The configured stream that a refused event names, or nothing: labels of metrics must stay bounded."""
    meta = event.get("meta") if isinstance(event, dict) else None
    name = meta.get("stream") if isinstance(meta, dict) else None
    return name if isinstance(name, str) and gate.find_stream(name) else ""
