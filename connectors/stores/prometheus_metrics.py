"""Metrics declared for events: what is counted or measured, by which labels, with a bound on how many there can be."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from eventplatform.core.errors import RejectedError

OTHER = "other"  # in place of label values beyond the bound
STREAM = "stream"  # as a label's source: the event's stream
OWN_LABEL = "connector"  # on every series, so that two connectors never write one
_RESERVED_LABELS = {"le", OWN_LABEL}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_OWN_PREFIX = "eventplatform_"
_MOST_METRICS, _MOST_LABELS, _MOST_BUCKETS = 50, 8, 40
_KEYS = {"name", "type", "help", "value", "labels", "buckets"}
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # as Prometheus' own libraries, in seconds
_LONGEST_VALUE = 100

Labels = tuple[str, ...]


class MetricsInvalidError(RejectedError):
    """The declaration of metrics can't be used."""

    code = "option.metrics_invalid"
    message = "{place}: {reason}."
    remedy = (
        'Write a JSON list such as [{{"name": "page_views_total", "type": "counter", "help": "Views.", '
        '"labels": {{"wiki": "/database"}}}}].'
    )


@dataclass(frozen=True, slots=True)
class Metric:
    """One declared metric. `value` is a JSON pointer, empty where events are counted; `labels` are name to source."""

    name: str
    type: str  # counter or histogram
    help: str
    value: str
    labels: Mapping[str, str]
    buckets: tuple[float, ...]

    @property
    def series(self) -> str:
        """The sample by which its series are known."""
        return self.name if self.type == "counter" else f"{self.name}_count"

    def samples(self, value: float) -> Iterator[tuple[str, str, float]]:
        """What one value adds to each sample: name, bucket's bound (or nothing), number."""
        if self.type == "counter":
            yield self.name, "", value
            return
        for bound in (*self.buckets, math.inf):
            yield f"{self.name}_bucket", bound_text(bound), float(value <= bound)
        yield f"{self.name}_sum", "", value
        yield f"{self.name}_count", "", 1.0


def parse(text: str) -> tuple[Metric, ...]:
    """The metrics that a text declares.

    Raises:
        MetricsInvalidError: with the place in the text.
    """
    try:
        given = orjson.loads(text)
    except ValueError as error:
        raise _invalid("The text", f"it is no JSON ({error})") from None
    if not isinstance(given, list) or not 1 <= len(given) <= _MOST_METRICS:
        raise _invalid("The text", f"it must be a list of 1 to {_MOST_METRICS} metrics")
    metrics = tuple(_metric(one, f"Metric {number}") for number, one in enumerate(given, 1))
    names = [metric.name for metric in metrics]
    for name in names:
        if names.count(name) > 1:
            raise _invalid(f"Metric {name}", "it is declared twice")
    return metrics


def label_text(value: Any) -> str:
    """A value of an event as a label's; nothing for what isn't there, or has parts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value).replace("\x00", "")[:_LONGEST_VALUE]
    return ""


def bound_text(bound: float) -> str:
    """A bucket's bound as the label `le` has it."""
    return "+Inf" if bound == math.inf else repr(bound)


class Series:
    """The series of one metric that there are. They are never taken away, so what has no room now has none later."""

    def __init__(self, metric: Metric, known: Iterable[Labels], *, most_values: int, most_series: int) -> None:
        self._known: set[Labels] = set()
        self._values: list[set[str]] = [set() for _ in metric.labels]
        self._most_values = most_values
        self._most_series = most_series
        for labels in known:
            self.add(labels)

    def __contains__(self, labels: Labels) -> bool:
        return labels in self._known

    def add(self, labels: Labels) -> None:
        self._known.add(labels)
        for values, value in zip(self._values, labels, strict=True):
            values.add(value)

    def fitted(self, labels: Labels) -> Labels:
        """The same, with `other` in place of values beyond the bound."""
        if labels in self._known:
            return labels
        kept = tuple(map(self._value, self._values, labels))
        return kept if kept in self._known or len(self._known) < self._most_series else (OTHER,) * len(labels)

    def _value(self, values: set[str], value: str) -> str:
        return value if value in values or len(values - {OTHER}) < self._most_values else OTHER


def _metric(given: Any, place: str) -> Metric:
    if not isinstance(given, dict):
        raise _invalid(place, "it must be an object")
    unknown = sorted(set(given) - _KEYS)
    if unknown:
        raise _invalid(place, f"it has {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    name, kind = given.get("name"), given.get("type")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name.startswith(_OWN_PREFIX):
        raise _invalid(place, f"its name must be of a-z, 0-9 and _, at most 100 long, and not begin with {_OWN_PREFIX}")
    place = f"Metric {name}"
    if kind not in {"counter", "histogram"}:
        raise _invalid(place, "its type must be counter or histogram")
    if (kind == "counter") != name.endswith("_total"):
        raise _invalid(place, "names of counters end in _total, and no others")
    value = given.get("value", "")
    if not isinstance(value, str) or (value and not value.startswith("/")) or (kind == "histogram" and not value):
        raise _invalid(place, "its value must be a JSON pointer such as /duration; a counter may do without")
    help_text = given.get("help", "")
    if not isinstance(help_text, str):
        raise _invalid(place, "its help must be a text")
    return Metric(name, str(kind), help_text, value, _labels(given.get("labels", {}), place), _buckets(given, place))


def _labels(given: Any, place: str) -> Mapping[str, str]:
    if not isinstance(given, dict) or len(given) > _MOST_LABELS:
        raise _invalid(place, f"its labels must be an object of at most {_MOST_LABELS} names and JSON pointers")
    for name, source in given.items():
        if not _NAME.fullmatch(name) or name in _RESERVED_LABELS:
            raise _invalid(place, f"{name!r} can't be a label")
        if not isinstance(source, str) or not (source.startswith("/") or source == STREAM):
            raise _invalid(place, f"label {name} needs a JSON pointer such as /database, or the word {STREAM}")
    return dict(given)


def _buckets(given: Mapping[str, Any], place: str) -> tuple[float, ...]:
    if given.get("type") == "counter":
        if "buckets" in given:
            raise _invalid(place, "a counter has no buckets")
        return ()
    buckets: Sequence[Any] = given.get("buckets", _BUCKETS)
    is_list = isinstance(buckets, (list, tuple)) and 1 <= len(buckets) <= _MOST_BUCKETS
    if not is_list or not all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in buckets):
        raise _invalid(place, f"its buckets must be 1 to {_MOST_BUCKETS} numbers")
    if list(buckets) != sorted(set(buckets)):
        raise _invalid(place, "its buckets must grow from each to the next")
    return tuple(map(float, buckets))


def _invalid(place: str, reason: str) -> MetricsInvalidError:
    return MetricsInvalidError(pointer="/metrics", place=place, reason=reason)
