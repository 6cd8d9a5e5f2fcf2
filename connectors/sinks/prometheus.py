"""Prometheus: events become counters and histograms, kept with the position in the platform's own database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import psycopg

from connectors.mapping.policies import Policies, shape_all
from connectors.mapping.preview import Preview
from connectors.mapping.previewing import preview_texts
from connectors.mapping.values import Leftover
from connectors.options import option
from connectors.sinks.base import Position, Row, Sink, StoreUnavailableError, UpsertUnsupportedError, WriteBatch, Written
from connectors.steering import Steering
from connectors.stores import prometheus_metrics as declared
from connectors.stores.own_positions import OwnPositions
from connectors.stores.prometheus_metrics import Labels, Metric, Series
from eventplatform.broker.loop import FlushRule
from eventplatform.core.records import TopicPartition

_BYTES_PER_FLUSH = 8 * 1024 * 1024
_LARGEST = 1e200  # sums of these never leave what the database can add; where they did, nothing would be counted any more
Database = psycopg.Connection[tuple[Any, ...]]
Sample = tuple[str, str]  # its name, and its labels as JSON text

# In the order of their keys, so that two partitions of a connector never wait for one another in a circle.
_ADD = """
INSERT INTO connector_counters (connector, metric, labels_digest, labels, value)
SELECT %s, metric, digest, labels::jsonb, value
FROM unnest(%s::text[], %s::text[], %s::text[], %s::float8[]) AS added (metric, digest, labels, value)
ORDER BY metric, digest
ON CONFLICT (connector, metric, labels_digest) DO UPDATE SET value = connector_counters.value + excluded.value
"""
_KNOWN = "SELECT labels FROM connector_counters WHERE connector = %s AND metric = %s"
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


@dataclass(frozen=True, slots=True)
class Target:
    """The platform's own database and its /metrics; there is nothing to say of it."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is counted."""

    metrics: str = option(
        "A JSON list of metrics. Each has name, type (counter or histogram), help, labels (an object of names and JSON "
        "pointers, or the word stream), value (JSON pointer of the number; a counter without one counts events) and, for "
        'histograms, buckets: [{"name": "page_views_total", "type": "counter", "labels": {"wiki": "/database"}}].'
    )
    label_values: int = option("Most values of a label of a metric; any further one is counted as other.", 50, minimum=1)
    series: int = option("Most series of a metric; further ones are counted with other in all labels.", 1000, minimum=1)
    batch_rows: int = option("Most events in one transaction.", 1000, minimum=1)

    def __post_init__(self) -> None:
        declared.parse(self.metrics)


@dataclass(frozen=True, slots=True)
class _Counted:
    """What one event adds: metric, labels, value; and how many of its values can't be counted."""

    values: Sequence[tuple[Metric, Labels, float]]
    discarded: int


class PrometheusSink(Sink):
    """Sums by series; the web role's /metrics shows them."""

    title = "Prometheus metrics"
    summary = "Events are counted and measured as Prometheus counters and histograms, which /metrics shows."
    guarantee = "Exactly once: what is counted and the next offset are written in one transaction of the platform's database."
    needs_schema = False
    can_backfill = False  # what is taken again would be counted again
    target_type = Target
    options_type = Options

    def __init__(self, connector: str, target: Target, options: Options) -> None:  # noqa: ARG002  # it has no options
        self._connector = connector
        self._options = options
        self._metrics = declared.parse(options.metrics)
        self._positions: OwnPositions | None = None
        self._series: dict[str, Series] = {}

    @property
    def flush_rule(self) -> FlushRule:
        return FlushRule(rows=self._options.batch_rows, bytes=_BYTES_PER_FLUSH, age_seconds=0.0)

    def open(self) -> None:
        self._positions = OwnPositions(self.around.database_url, self._connector)
        self._positions.open()

    def position(self, where: TopicPartition) -> Position | None:
        return self._own.position(where)

    def preview(
        self,
        stream: str,
        schemas: Mapping[str, Mapping[str, Any]],  # noqa: ARG002  # no columns come from them
        rows: Sequence[Row],
        steering: Steering,  # noqa: ARG002  # every rule's outcome is to be seen, not to end here
    ) -> Preview:
        def text(row: Row) -> str:
            values = self._count(row, stream, Policies()).values
            return "\n".join(f"{metric.name} {_labels_json(metric, labels, '')} +{value:g}" for metric, labels, value in values)

        return preview_texts(rows, place=lambda _: "/metrics", text=text)

    def write(self, batch: WriteBatch) -> Written:
        if batch.steering.is_upsert:
            raise UpsertUnsupportedError(stream=batch.stream, reason="what is counted can't be taken back")
        policies = Policies.of(batch.steering)
        counted = shape_all(batch.rows, lambda row: self._count(row, batch.stream, policies))
        try:
            with self._own.transaction() as database:
                self._own.advance(batch)
                self._own.mark_canaries(batch.stream, batch.canaries)
                bounded = self._add(database, [value for one in counted for value in one.values])
        except BaseException:
            self._series.clear()  # what it holds was perhaps not kept
            raise
        return Written(len(batch.rows), len(batch.canaries), sum(one.discarded for one in counted) + bounded)

    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        return self._own.canary_written(stream, event_id)

    def expire(self, stream: str, *, before: datetime) -> int:  # noqa: ARG002  # a sum holds no single event
        return 0

    def close(self) -> None:
        self._series.clear()
        if self._positions is not None:
            self._positions.close()
            self._positions = None

    @property
    def _own(self) -> OwnPositions:
        if self._positions is None:
            raise StoreUnavailableError(reason="the connection is not open")
        return self._positions

    def _count(self, row: Row, stream: str, policies: Policies) -> _Counted:
        values: list[tuple[Metric, Labels, float]] = []
        misfits: list[Leftover] = []
        for metric in self._metrics:
            value = _at(row.event, metric.value) if metric.value else 1
            if value is None:
                continue  # the event measures nothing here
            why = _misfit(metric, value)
            if why:
                misfits.append(Leftover(_parts(metric.value), why, value))
                continue
            sources = metric.labels.values()
            texts = (stream if one == declared.STREAM else declared.label_text(_at(row.event, one)) for one in sources)
            values.append((metric, tuple(texts), float(value)))
        policies.settle(misfits)
        return _Counted(values, len(misfits))

    def _add(self, database: Database, values: Iterable[tuple[Metric, Labels, float]]) -> int:
        """Add the values to their series; how many labels' values were put together as `other`."""
        sums: dict[Sample, float] = {}
        bounded, is_locked = 0, False
        for metric, labels, value in values:
            series = self._known(database, metric)
            kept = series.fitted(labels)
            if kept not in series and not is_locked:
                # Others may have added series meanwhile; from here to the end of the transaction nobody else does.
                database.execute(_ONE_AT_A_TIME, (f"connector counters of {self._connector}",))
                is_locked = True
                self._series.clear()
                series = self._known(database, metric)
                kept = series.fitted(labels)
            series.add(kept)
            bounded += kept != labels
            for name, bound, number in metric.samples(value):
                sample = (name, _labels_json(metric, kept, bound))
                sums[sample] = sums.get(sample, 0.0) + number
        if sums:
            names, labels_of = [name for name, _ in sums], [labels for _, labels in sums]
            digests = [hashlib.sha256(labels.encode()).hexdigest() for labels in labels_of]
            database.execute(_ADD, (self._connector, names, digests, labels_of, list(sums.values())))
        return bounded

    def _known(self, database: Database, metric: Metric) -> Series:
        if metric.name not in self._series:
            found = database.execute(_KNOWN, (self._connector, metric.series)).fetchall()
            known = [tuple(str(labels.get(name, "")) for name in metric.labels) for (labels,) in found]
            most = self._options
            self._series[metric.name] = Series(metric, known, most_values=most.label_values, most_series=most.series)
        return self._series[metric.name]


def _labels_json(metric: Metric, labels: Labels, bound: str) -> str:
    made = dict(zip(metric.labels, labels, strict=True)) | ({"le": bound} if bound else {})
    return orjson.dumps(made, option=orjson.OPT_SORT_KEYS).decode()


def _misfit(metric: Metric, value: Any) -> str:
    """Why the metric can't take a value; nothing where it can."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return "not_a_number"
    if abs(value) > _LARGEST:
        return "too_large"
    return "negative" if metric.type == "counter" and value < 0 else ""


def _at(event: Mapping[str, Any], pointer: str) -> Any:
    found: Any = event
    for part in _parts(pointer):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _parts(pointer: str) -> tuple[str, ...]:
    """Of a JSON pointer (RFC 6901)."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.removeprefix("/").split("/"))
