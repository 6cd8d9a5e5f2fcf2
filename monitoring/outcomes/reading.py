"""What a scrape of the intake says it counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

EVENT, RECEIVED, BODY, ANSWER = "event", "received", "body", "answer"
Key = tuple[str, ...]  # a kind and its labels

# The counters, their kind, and their labels with the most characters that are kept of each.
_COUNTERS: Mapping[str, tuple[str, tuple[tuple[str, int], ...]]] = {
    "eventplatform_intake_events": (EVENT, (("service", 100), ("stream", 249), ("outcome", 20), ("reason", 80))),
    "eventplatform_intake_received": (RECEIVED, (("service", 100),)),
    "eventplatform_intake_bodies_refused": (BODY, (("service", 100), ("reason", 80))),
}
_SECONDS = "eventplatform_intake_request_seconds"


def totals(text: str) -> Mapping[Key, int]:
    """Every counter of the intake: by service, stream, outcome and reason; answers by door and status, and their bucket."""
    found: dict[Key, int] = defaultdict(int)
    for family in text_string_to_metric_families(text):
        if family.name in _COUNTERS:
            kind, labels = _COUNTERS[family.name]
            for sample in family.samples:
                if sample.name == f"{family.name}_total":
                    key = (kind, *(sample.labels.get(name, "")[:most] for name, most in labels))
                    found[key] += int(sample.value)
        elif family.name == _SECONDS:
            found |= dict(_answers(family))
    return found


def _answers(family: Metric) -> Iterator[tuple[Key, int]]:
    """How many answers fell in each bucket; Prometheus' own count in one what lies below, too."""
    below: dict[str, list[tuple[float, int, str]]] = defaultdict(list)
    for sample in family.samples:
        if sample.name == f"{_SECONDS}_bucket":
            name = f"{sample.labels.get('door', '')} {sample.labels.get('status', '')}"[:100]
            bound = sample.labels["le"]
            below[name].append((float(bound), int(sample.value), bound))
    for name, buckets in below.items():
        for (_, before, _), (_, count, bound) in pairwise([(0.0, 0, ""), *sorted(buckets)]):
            yield (ANSWER, name, bound), count - before
