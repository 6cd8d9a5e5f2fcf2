"""One request's events from bytes to the log; used by both doors, knows neither HTTP server nor Django."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from eventplatform.broker.base import Delivery, LogUnavailableError, Producer
from eventplatform.core.errors import PlatformError, RejectedError, RetriableError
from eventplatform.core.gate import Request
from eventplatform.core.pii_values import Hashing
from eventplatform.core.records import NewRecord
from eventplatform.guard.admission import Admission
from eventplatform.guard.body import BodyReader
from eventplatform.guard.client_addresses import Proxies, client_address
from eventplatform.guard.permits import NOTHING_ASKED, Guard
from eventplatform.guard.request_head import RequestHead, request_id
from eventplatform.guard.unfit import unwrapped
from eventplatform.guard.ways_in import events_of, open_body
from intake.answers import JSON, Answer
from intake.counting import count_body, count_received
from intake.desks import Configuration, Desk, Desks
from intake.duplicates import Claims, id_of, key_of, seen
from intake.ids import new_id, now
from intake.limits import Limits
from intake.routes import routing
from intake.submission import Submission
from intake.trying import inquiries
from intake.trying.inquiries import Inquiry
from intake.visits import Visit

if TYPE_CHECKING:
    from intake.rejections import Rejections  # it knows visits, as this does
    from intake.trying.noting import Copies, Noting  # likewise

log = logging.getLogger(__name__)


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


class Intake:
    """Takes events for the log. Safe to share between threads; one per process."""

    def __init__(
        self,
        *,
        configuration: Callable[[], Configuration],
        producer: Producer,
        limits: Limits | None = None,
        services: Collection[str] = (),
        topic_prefix: str = "",
        guard: Guard | None = None,
        rejections: Rejections | None = None,
        hashing: Hashing | None = None,
        errors_url: str = "",
        schema_hosts: Collection[str] = (),
        proxies: Proxies | None = None,
        admission: Admission | None = None,
        noting: Noting | None = None,
        test_events: bytes = b"",
        home: str = "",
    ) -> None:
        self.configuration = configuration
        self.limits = limits or Limits()
        self.log_trouble = ""  # why the log did not take the last records; empty while it does
        self._producer = producer
        self._services = frozenset(services)
        self._topic_prefix = topic_prefix
        self._guard = guard
        self._rejections = rejections
        self._hashing = hashing
        self.errors_url = errors_url  # of the pages that explain codes; empty: there are none
        self._schema_hosts = frozenset(schema_hosts)
        self._proxies = proxies or Proxies()
        self._admission = admission or Admission()
        self._noting = noting
        self._test_events = test_events
        self._home = home
        self._desks: Desks | None = None
        self._seen = seen()

    def open(self, head: RequestHead) -> Visit:
        """Let a request in: its desk, its permit, and a reader for its body.

        Raises:
            PlatformError: there is no configuration yet, or the request names no service of ours; nothing need be read.
        """
        desk = self.desks().find(head)
        if self._guard is None:
            return Visit(head, desk, open_body(head, desk.limits.max_body_bytes, desk.service), now())
        try:
            permit = self._guard.permit(head, desk.service)
        except (RejectedError, RetriableError) as error:
            return Visit(head, desk, BodyReader(desk.limits.max_body_bytes, refusal=error), now())
        return Visit(head, desk, open_body(head, desk.limits.max_body_bytes, desk.service), now(), permit)

    def submit(self, visit: Visit) -> Submission | Answer:
        """Hand a request's events to the log; the answer, or the submission to wait for."""
        head, profile = visit.head, visit.desk.profile
        try:
            events = self._events(visit)
            copies = None if self._noting is None else self._noting.copies(events, visit)
            submission = Submission(
                len(events),
                head,
                is_hasty=profile.is_hasty(head),
                service_of=visit.desk.service_of,
                on_closed=partial(self._closed, visit, copies),
            )
            self._admit(events, submission, visit)
        except PlatformError as error:
            return self._refused(error, visit)
        except Exception:
            log.exception("intake.failed", extra={"request_id": request_id(head, str)})
            return self._refused(UnexpectedError(), visit)
        self._produce(submission, visit)
        if submission.is_hasty:
            return profile.hasty(submission.total, head)
        return profile.settled(submission) if submission.is_settled else submission

    def answer(self, submission: Submission, visit: Visit) -> Answer:
        """The answer once the log has settled."""
        return visit.desk.profile.settled(submission)

    def give_up(self, submission: Submission, visit: Visit) -> Answer:
        """The answer once the log's time is up."""
        self.log_trouble = f"no acknowledgement within {self.limits.ack_timeout_seconds:g} s"
        submission.give_up(LogUnavailableError(reason=self.log_trouble))
        return self.answer(submission, visit)

    def answer_other(self, method: str, path: str, head: RequestHead) -> Answer:
        """The answer to anything but a POST.

        Raises:
            PlatformError: as `open`.
        """
        profile = self.desks().find(head).profile
        return profile.options(head) if method == "OPTIONS" else profile.wrong_method(method, path, "POST", head)

    @property
    def producer(self) -> Producer:
        """What it hands records to."""
        return self._producer

    def answer_elsewhere(self, method: str, path: str, head: RequestHead) -> Answer:
        """The answer to anything but an address of events.

        Raises:
            PlatformError: there is no configuration yet.
        """
        return routing.answer(method, path, head, self.desks(), home=self._home)

    def test_visit(self, method: str, path: str, head: RequestHead) -> Visit | None:
        """A visit that brings the configured sample events, where the request asks for that and there are any.

        Raises:
            PlatformError: as `open`.
        """
        service, rest = routing.split(path, self.desks())
        if not self._test_events or method != "GET" or rest.rstrip("/") != routing.TEST_EVENTS:
            return None
        visit = self.open(head._replace(service=service, content_type=JSON, content_length="", content_encoding=""))
        visit.body.feed(self._test_events)
        return visit

    def inquiry(self, method: str, path: str, head: RequestHead) -> Inquiry | None:
        """What a client's test asks about its own events, to be answered in a thread; None where it asks nothing.

        Raises:
            PlatformError: as `open`; or the key that it shows is none.
        """
        if self._noting is None or inquiries.PATH not in path:
            return None
        service, rest = routing.split(path, self.desks())
        service_asked = self.desks().find(head._replace(service=service)).service
        permit = self._guard.permit(head, service_asked) if self._guard else NOTHING_ASKED
        return inquiries.find(method, rest, head, self._noting, key_prefix=permit.key_prefix)

    def close(self) -> None:
        """Let go of the log once everything queued is settled."""
        if self._rejections is not None:
            self._rejections.close()
        if self._noting is not None:
            self._noting.close()
        self._producer.close()

    def desks(self) -> Desks:
        """The desks over the present configuration, made anew when that was swapped."""
        configuration = self.configuration()
        desks = self._desks
        if desks is None or desks.configuration is not configuration:
            desks = Desks(
                configuration,
                limits=self.limits,
                services=self._services,
                topic_prefix=self._topic_prefix,
                errors_url=self.errors_url,
                hashing=self._hashing,
            )
            self._desks = desks
        return desks

    def _events(self, visit: Visit) -> list[Any]:
        desk = visit.desk
        return events_of(visit.body.finish(), visit.head, desk.service, desk.json, schema_hosts=self._schema_hosts)

    def _refused(self, error: PlatformError, visit: Visit) -> Answer:
        error.__traceback__ = None  # as in `Submission.refuse`
        count_body(visit.desk.service.name, error.code)
        if self._noting is not None:
            self._noting.note_body(error, visit.sent, visit)
        if self._rejections is not None:
            self._rejections.tell_body(error, visit, visit.moment)
        return visit.desk.profile.refused(error, visit.head, visit.sent)

    def _closed(self, visit: Visit, copies: Copies | None, submission: Submission) -> None:
        """Every event of the request has met its fate; in whatever thread settled the last one."""
        if copies is not None and self._noting is not None:
            self._noting.note(copies, submission, visit)
        if submission.others and self._rejections is not None:
            self._rejections.tell(submission.failures, visit, visit.moment)

    def _admit(self, events: list[Any], submission: Submission, visit: Visit) -> None:
        head, desk, permit = visit.head, visit.desk, visit.permit
        count_received(desk.service.name, len(events))
        moment = visit.moment
        request = Request(
            moment.text,
            moment.milliseconds,
            request_id(head, new_id),
            key_name="" if permit is None else permit.key_name,
            allow=None if permit is None or permit is NOTHING_ASKED else permit.allow,
            header=head.header,
            find_client_ip=lambda: client_address(head, self._proxies),
        )
        submission.late = request.late
        admit = desk.gate.admit
        for index, event in enumerate(events):
            try:
                event_id = id_of(event)
                record = admit(event, request)
                if event_id is None or self._is_new(index, event, event_id, record=record, submission=submission, visit=visit):
                    submission.add(index, event, record)
            except RejectedError as error:
                sent, reason = unwrapped(event, error)
                submission.refuse(index, sent, _stream_of(sent, desk), reason)
            except Exception:
                log.exception("intake.event_failed", extra={"request_id": request.request_id, "index": index})
                submission.refuse(index, event, _stream_of(event, desk), UnexpectedError())

    def _is_new(
        self, index: int, event: dict[str, Any], event_id: str, *, record: NewRecord, submission: Submission, visit: Visit
    ) -> bool:
        """Whether the log has not had an event of this id; else its fate is noted."""
        window_ms = visit.desk.duplicate_ms(event)
        if not window_ms:
            return True
        claims = submission.claims = submission.claims or Claims(self._seen, visit.moment.milliseconds)
        return claims.is_new(index, event, key_of(record.topic, event_id, event["$schema"]), window_ms, submission)

    def _produce(self, submission: Submission, visit: Visit) -> None:
        client = self._client_of(visit)

        def settle(deliveries: Sequence[Delivery]) -> None:
            self._admission.leave(client, len(deliveries))
            error = deliveries[-1].error
            self.log_trouble = str(error) if isinstance(error, RetriableError) else ""
            if submission.claims is not None:  # before the answer: whoever sends again at once is told
                submission.claims.settle(deliveries)
            submission.settle(deliveries)

        if submission.records:
            self._admission.enter(client, len(submission.records))
            try:
                self._producer.produce(submission.records, settle)
            except BaseException:
                # Whoever was counted in and never out would close the door in the end.
                self._admission.leave(client, len(submission.records))
                if submission.claims is not None:
                    submission.claims.release()
                raise
        else:
            submission.settle(())

    def _client_of(self, visit: Visit) -> str:
        """Whose the events are, as the guard counts clients: a key's, else an address's."""
        key_prefix = visit.permit.key_prefix if visit.permit is not None else ""
        return key_prefix or client_address(visit.head, self._proxies)


def _stream_of(event: Any, desk: Desk) -> str:
    """The configured stream that a refused event names, or nothing: labels of metrics must stay bounded."""
    meta = event.get("meta") if isinstance(event, dict) else None
    name = meta.get("stream") if isinstance(meta, dict) else None
    return name if isinstance(name, str) and desk.gate.find_stream(name) else ""
