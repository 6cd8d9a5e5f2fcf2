"""Counts events by service, stream, outcome and reason; labels stay bounded: what is configured, fixed words, error codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eventplatform.broker.base import Delivery
from eventplatform.core.metrics import (
    INTAKE_BODIES,
    INTAKE_EVENTS,
    INTAKE_RECEIVED,
    INTAKE_REQUESTS,
    INTAKE_SECONDS,
    LOG_FAILURES,
    LOG_RECORDS,
)
from eventplatform.core.tally import Tally, Timing, counter

EventLabels = tuple[str, str, str, str]  # service, stream (empty where it isn't configured), outcome, reason

# Looking a labelled child up costs more than counting with it.
_events: dict[EventLabels, Tally] = {}
_deliveries: dict[tuple[str, str], Tally] = {}
_received: dict[str, Tally] = {}
_requests: dict[tuple[str, int], tuple[Tally, Timing]] = {}


def count_received(service: str, number: int) -> None:
    """Count events that came, before they are judged."""
    tally = _received.get(service)
    if tally is None:
        tally = _received.setdefault(service, counter(INTAKE_RECEIVED.labels(service)))
    tally.add(number)


def count_body(service: str, reason: str) -> None:
    """Count a request that was refused as a whole."""
    INTAKE_BODIES.labels(service, reason).inc()


def count_events(counts: Mapping[EventLabels, int]) -> None:
    """Count what became of events."""
    for labels, number in counts.items():
        tally = _events.get(labels)
        if tally is None:
            tally = _events.setdefault(labels, counter(INTAKE_EVENTS.labels(*labels)))
        tally.add(number)


def count_deliveries(deliveries: Sequence[Delivery]) -> None:
    """Count what the log said of a batch's records, by topic and, where it failed, the error's code."""
    numbers: dict[tuple[str, str], int] = {}
    for delivery in deliveries:
        if delivery.is_spooled:
            continue  # the log has said nothing yet; the spool counts them, in and out
        labels = (delivery.topic, delivery.error.code if delivery.error else "")
        numbers[labels] = numbers.get(labels, 0) + 1
    for labels, number in numbers.items():
        tally = _deliveries.get(labels)
        if tally is None:
            topic, reason = labels
            made = LOG_FAILURES.labels(topic, reason) if reason else LOG_RECORDS.labels(topic)
            tally = _deliveries.setdefault(labels, counter(made))
        tally.add(number)


def count_request(door: str, status: int, seconds: float) -> None:
    """Count one answered request and its time."""
    key = (door, status)
    tallies = _requests.get(key)
    if tallies is None:
        labels = (door, str(int(status)))
        made = counter(INTAKE_REQUESTS.labels(*labels)), Timing(INTAKE_SECONDS.labels(*labels))
        tallies = _requests.setdefault(key, made)
    tallies[0].add(1)
    tallies[1].add(seconds)
