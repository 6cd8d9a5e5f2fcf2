"""Counts events by stream, outcome and reason; labels stay bounded: configured streams, fixed words, codes of errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prometheus_client import Counter, Histogram

from eventplatform.broker.base import Delivery
from eventplatform.core.metrics import INTAKE_EVENTS, INTAKE_REQUESTS, INTAKE_SECONDS, LOG_FAILURES, LOG_RECORDS

EventLabels = tuple[str, str, str]  # stream (empty where it isn't configured), outcome, reason

# Looking a labelled child up costs more than counting with it.
_events: dict[EventLabels, Counter] = {}
_deliveries: dict[tuple[str, str], Counter] = {}
_requests: dict[tuple[str, int], tuple[Counter, Histogram]] = {}


def count_events(counts: Mapping[EventLabels, int]) -> None:
    """Add to the events' counter."""
    for labels, number in counts.items():
        child = _events.get(labels)
        if child is None:
            child = _events.setdefault(labels, INTAKE_EVENTS.labels(*labels))
        child.inc(number)


def count_deliveries(deliveries: Sequence[Delivery]) -> None:
    """Count what the log said of a batch's records, by topic and, where it failed, the error's code."""
    numbers: dict[tuple[str, str], int] = {}
    for delivery in deliveries:
        labels = (delivery.topic, delivery.error.code if delivery.error else "")
        numbers[labels] = numbers.get(labels, 0) + 1
    for labels, number in numbers.items():
        child = _deliveries.get(labels)
        if child is None:
            topic, reason = labels
            made = LOG_FAILURES.labels(topic, reason) if reason else LOG_RECORDS.labels(topic)
            child = _deliveries.setdefault(labels, made)
        child.inc(number)


def count_request(door: str, status: int, seconds: float) -> None:
    """Count one answered request and its time."""
    key = (door, status)
    children = _requests.get(key)
    if children is None:
        labels = (door, str(int(status)))
        children = _requests.setdefault(key, (INTAKE_REQUESTS.labels(*labels), INTAKE_SECONDS.labels(*labels)))
    children[0].inc()
    children[1].observe(seconds)
