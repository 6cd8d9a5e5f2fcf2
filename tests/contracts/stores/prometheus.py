"""Counters as the contract suite sees them: a series for each text, counted once for each event that has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connectors.sinks import prometheus
from connectors.sinks.base import Sink, Surroundings
from tests.own_tables import with_own_tables

MARKS: list[Any] = []
COMMIT = "psycopg.transaction:Transaction.__exit__"
METRICS = json.dumps([{"name": "texts_total", "type": "counter", "labels": {"stream": "stream", "test": "/test"}}])


def make(request: pytest.FixtureRequest, _folder: Path) -> CounterStore:
    return CounterStore(with_own_tables(request.getfixturevalue("postgres_url")))


class CounterStore:
    can_expire = False

    def __init__(self, database_url: str) -> None:
        self.around = Surroundings(database_url=database_url)

    def sink(self, connector: str = "c1", metrics: str = METRICS, most: int = 1_000_000) -> Sink:
        options = prometheus.Options(metrics, label_values=most, series=most)
        made = prometheus.PrometheusSink(connector, prometheus.Target(), options)
        made.around = self.around
        return made

    def texts(self, stream: str) -> list[str]:
        counted = [(labels["test"], int(value)) for _, labels, value in self.counters() if labels["stream"] == stream]
        texts = [text for text, times in counted for _ in range(times)]
        return sorted(texts, key=lambda text: (len(text), text))

    def canaries(self) -> list[tuple[str, str]]:
        with psycopg.connect(self.around.database_url) as connection:
            return list(connection.execute("SELECT stream, event_id FROM connector_canaries").fetchall())

    def counters(self) -> list[tuple[str, dict[str, str], float]]:
        with psycopg.connect(self.around.database_url) as connection:
            return list(connection.execute("SELECT metric, labels, value FROM connector_counters ORDER BY 1, 2").fetchall())
