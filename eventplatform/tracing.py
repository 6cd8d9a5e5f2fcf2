"""Traces as OpenTelemetry has them; off, and none of its packages imported, where OTEL_EXPORTER_OTLP_ENDPOINT is unset.

A client's `traceparent` (W3C) is taken at the intake and kept in the record's header of that name; whoever writes records
into a store links the span of a batch to the requests that brought them. No span holds anything of an event but its stream.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from django.conf import settings

from eventplatform.core.records import Record

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

HEADER = "traceparent"

Kind = Literal["internal", "server", "client", "producer", "consumer"]

_MOST_LINKS = 100
_LONGEST = 128  # of a header that anybody may send
_lock = threading.Lock()
_made: tuple[int, TracerProvider] | None = None


class Told:
    """What is told of a span; nothing where traces are off."""

    __slots__ = ("_span",)

    def __init__(self, span: Span | None = None) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        """What continues it elsewhere; empty where traces are off."""
        return "" if self._span is None else _traceparent(self._span)

    def tell(self, **facts: str | int) -> None:
        """Add facts that bear no event's content."""
        if self._span is not None:
            self._span.set_attributes({f"eventplatform.{name}": value for name, value in facts.items()})

    def failed(self, code: str) -> None:
        """Mark it as failed by the error of that code."""
        if self._span is not None:
            from opentelemetry.trace import StatusCode

            self._span.set_status(StatusCode.ERROR, code)

    def end(self) -> None:
        """It is over; for spans of `begin`, from any thread."""
        if self._span is not None:
            self._span.end()


_NOTHING = Told()


def is_on() -> bool:
    """Whether somebody collects traces."""
    return bool(settings.OTEL_EXPORTER_OTLP_ENDPOINT)


def begin(name: str, *, kind: Kind = "internal", parent: str = "", **facts: str | int) -> Told:
    """A span that ends by `end`, below the present one, else below the `traceparent` that somebody sent."""
    if not is_on():
        return _NOTHING
    return Told(_begun(name, kind, parent, (), facts))


@contextmanager
def span(name: str, *, kind: Kind = "internal", parent: str = "", **facts: str | int) -> Iterator[Told]:
    """The present span while the block lasts; an exception marks it as failed by its class, without its text."""
    if not is_on():
        yield _NOTHING
        return
    with _present(_begun(name, kind, parent, (), facts)) as told:
        yield told


@contextmanager
def batch(name: str, of: Iterable[Record], **facts: str | int) -> Iterator[None]:
    """A span for records that are worked on together, linked to the requests that brought them."""
    if not is_on():
        yield
        return
    headers = dict.fromkeys(value.decode("latin-1") for one in of if (value := one.header(HEADER)))
    with _present(_begun(name, "consumer", "", headers, facts)):
        yield


@contextmanager
def _present(begun: Span) -> Iterator[Told]:
    from opentelemetry import trace

    with trace.use_span(begun, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        told = Told(begun)
        try:
            yield told
        except BaseException as error:
            told.failed(type(error).__name__)
            raise


def _begun(name: str, kind: Kind, parent: str, links: Iterable[str], facts: dict[str, Any]) -> Span:
    from opentelemetry import trace

    above = None if trace.get_current_span().get_span_context().is_valid else _context(parent)
    linked = [trace.Link(found) for text in list(links)[:_MOST_LINKS] if (found := _span_context(text)) is not None]
    attributes = {f"eventplatform.{key}": value for key, value in facts.items()}
    return _tracer().start_span(name, context=above, kind=trace.SpanKind[kind.upper()], links=linked, attributes=attributes)


def _context(traceparent: str) -> Any:
    """Where a header's text puts us; a malformed one begins a new trace, as W3C wants it."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({HEADER: traceparent}) if 0 < len(traceparent) <= _LONGEST else None


def _span_context(traceparent: str) -> Any:
    from opentelemetry import trace

    context = _context(traceparent)
    found = trace.get_current_span(context).get_span_context() if context is not None else None
    return found if found is not None and found.is_valid else None


def _traceparent(span: Span) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def _tracer() -> Tracer:
    """The process's own, made on first use: its thread doesn't survive a fork."""
    global _made  # noqa: PLW0603  # one per process is the point
    with _lock:
        if _made is None or _made[0] != os.getpid():
            _made = (os.getpid(), _make())
        return _made[1].get_tracer("eventplatform")


def stop() -> None:
    """Send what waits and let go; the library does so by itself where a process ends in order."""
    global _made
    with _lock:
        made, _made = _made, None
    if made is not None:
        made[1].shutdown()


def _make() -> TracerProvider:
    """Whatever else OTEL_… variables say (headers, sampling, batches) is read by the library itself."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = {"service.name": f"eventplatform-{settings.ROLE}", "deployment.environment.name": settings.ENVIRONMENT}
    provider = TracerProvider(resource=Resource.create(name))
    endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT.rstrip("/")
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")))
    return provider
