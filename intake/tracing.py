"""The intake with a span for each request; made where traces are on, so that the other one knows nothing of them."""

from __future__ import annotations

from typing import Any

from eventplatform import tracing
from eventplatform.core.errors import PlatformError
from eventplatform.guard.request_head import usable_id
from eventplatform.tracing import Told
from intake.answers import Answer
from intake.service import Intake
from intake.submission import Submission
from intake.trying.noting import Copies
from intake.visits import Visit


class TracedIntake(Intake):
    """A request's span lasts until each of its events has met its fate; its records carry on where it stands."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._spans: dict[int, Told] = {}

    def submit(self, visit: Visit) -> Submission | Answer:
        """As the other, with a span."""
        head = visit.head
        facts = {"service": visit.desk.service.name, "request_id": usable_id(head.request_id)}
        self._spans[id(visit)] = tracing.begin("intake", kind="server", parent=head.header(tracing.HEADER), **facts)
        try:
            return super().submit(visit)
        except BaseException as error:
            self._end(visit, type(error).__name__)
            raise

    def _produce(self, submission: Submission, visit: Visit) -> None:
        span = self._spans.get(id(visit))
        if span is not None:
            header = (tracing.HEADER, span.traceparent.encode())
            submission.records = [one._replace(headers=(*one.headers, header)) for one in submission.records]
        super()._produce(submission, visit)

    def _refused(self, error: PlatformError, visit: Visit) -> Answer:
        self._end(visit, error.code)
        return super()._refused(error, visit)

    def _closed(self, visit: Visit, copies: Copies | None, submission: Submission) -> None:
        failures = submission.failures
        span = self._spans.get(id(visit))
        if span is not None:
            span.tell(events=submission.total, not_kept=len(failures))
        first = next((one.error.code for one in failures if one.error is not None), "")
        self._end(visit, first)
        super()._closed(visit, copies, submission)

    def _end(self, visit: Visit, code: str) -> None:
        span = self._spans.pop(id(visit), None)
        if span is None:
            return
        if code:
            span.failed(code)
        span.end()
