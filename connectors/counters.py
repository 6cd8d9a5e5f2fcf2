"""What connectors of kind `prometheus` counted, for /metrics: one query a scrape, of the role web alone."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator

import orjson
from django.db import DatabaseError, connection
from prometheus_client import Metric as Family

from connectors import options
from connectors.models import Connector
from connectors.sinks.prometheus import Options
from connectors.stores import prometheus_metrics as declared
from connectors.stores.prometheus_metrics import OWN_LABEL, Metric
from eventplatform.core.errors import RejectedError

log = logging.getLogger(__name__)

KIND = "prometheus"
_SAMPLES = "SELECT connector, metric, labels::text, value FROM connector_counters WHERE connector = ANY (%s) ORDER BY 1, 2, 3"

Sample = tuple[str, dict[str, str], float]


def families() -> Iterable[Family]:
    """Every declared metric with its series; nothing while the database is away, whose silence other metrics tell."""
    try:
        return list(_families())
    except DatabaseError as error:
        log.warning("counters.unread", extra={"why": str(error)})
        return []


def _families() -> Iterator[Family]:
    """Metrics of one name are one family, and of one type, which the name tells: two connectors may count the same."""
    metrics = dict(_declared())
    samples = _samples(list(metrics)) if metrics else {}
    made: dict[str, Family] = {}
    for connector, metric in [(name, metric) for name, several in metrics.items() for metric in several]:
        family = made.setdefault(metric.name, _family(metric))
        for sample, labels, value in _of(metric, samples.get(connector, [])):
            family.add_sample(sample, {OWN_LABEL: connector, **labels}, value)
    yield from made.values()


def _family(metric: Metric) -> Family:
    name = metric.name.removesuffix("_total")  # a counter's, as the library wants it
    return Family(name, metric.help or metric.name, metric.type)


def _declared() -> Iterator[tuple[str, tuple[Metric, ...]]]:
    for name, values in Connector.objects.filter(target__kind=KIND).values_list("name", "options"):
        try:
            yield name, declared.parse(options.parse(Options, values).metrics)
        except RejectedError as error:  # what was saved by another version
            log.warning("counters.undeclared", extra={"connector": name, "code": error.code})


def _samples(connectors: list[str]) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLES, [connectors])
        for connector, sample, labels, value in cursor.fetchall():
            found[connector].append((sample, orjson.loads(labels), value))
    return found


def _of(metric: Metric, samples: Iterable[Sample]) -> list[Sample]:
    """Its own samples, a histogram's buckets in their order."""
    names = {name for name, _, _ in metric.samples(0.0)}
    own = [one for one in samples if one[0] in names and set(metric.labels) <= set(one[1])]
    return sorted(own, key=_place)


def _place(sample: Sample) -> tuple[list[str], str, float]:
    name, labels, _ = sample
    others = [value for label, value in sorted(labels.items()) if label != "le"]
    return others, name, float(labels.get("le", "0").replace("+Inf", "inf"))
