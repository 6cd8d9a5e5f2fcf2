"""Gauges with a value for each connector."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import Gauge


def set_all(gauge: Gauge, values: Mapping[str, int]) -> None:
    """Set the connectors' values; those that are deleted meanwhile say 0, so that no alarm of theirs stays."""
    known = {sample.labels["connector"] for metric in gauge.collect() for sample in metric.samples}
    for name in known | values.keys():
        gauge.labels(name).set(values.get(name, 0))
