"""A metric that no process counts: whoever is scraped says what holds at that moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from prometheus_client.core import GaugeMetricFamily

Labels = TypeVar("Labels", bound=tuple[str, ...])


@dataclass(frozen=True, slots=True)
class Stated:
    """A gauge by its name, its line of meaning and its labels; a label's values are what is configured or fixed words."""

    name: str
    documentation: str
    labels: tuple[str, ...] = ()

    def family(self, samples: Mapping[Labels, float]) -> GaugeMetricFamily:
        """The gauge with a value for each tuple of labels; without labels the one tuple is empty."""
        made = GaugeMetricFamily(self.name, self.documentation, labels=self.labels)
        for labels, value in samples.items():
            made.add_metric(labels, value)
        return made
