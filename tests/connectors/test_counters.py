"""Events as Prometheus metrics: declared, bounded, counted once, shown on /metrics."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.test import Client

from connectors import counters, own_database, services
from connectors.sinks.base import FencedError, Position, Row, RowsRefusedError, Surroundings, UpsertUnsupportedError, WriteBatch
from connectors.sinks.prometheus import Options, PrometheusSink, Target
from connectors.steering import NO_STEERING, Steering
from connectors.stores import prometheus_metrics as declared
from eventplatform.core.errors import RejectedError
from eventplatform.core.records import Record, TopicPartition
from tests.contracts.stores.prometheus import CounterStore
from tests.own_tables import with_own_tables

WHERE = TopicPartition("page.view", 0)
VIEWS = {"name": "page_views_total", "type": "counter", "help": "Views.", "labels": {"wiki": "/database"}}
SECONDS = {
    "name": "load_seconds",
    "type": "histogram",
    "value": "/seconds",
    "labels": {"wiki": "/database"},
    "buckets": [0.5, 1],
}


def row(offset: int, **event: Any) -> Row:
    return Row(Record(*WHERE, offset, 0, None, orjson.dumps(event)), event)


def batch(rows: list[Row], *, first: int = 0, steering: Steering = NO_STEERING) -> WriteBatch:
    after = Position(first + len(rows), "i1", "cluster")
    return WriteBatch("page.view", WHERE, Position(first, "i1", "cluster") if first else None, after, rows, (), steering)


def test_parse__of_what_the_help_shows__taken() -> None:
    first, second = declared.parse(json.dumps([VIEWS, SECONDS]))

    assert (first.type, first.labels, first.value) == ("counter", {"wiki": "/database"}, "")
    assert second.buckets == (0.5, 1.0)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("{", "The text: it is no JSON"),
        ("[]", "The text: it must be a list"),
        ("[1]", "Metric 1: it must be an object"),
        ([VIEWS, VIEWS], "Metric page_views_total: it is declared twice"),
        ([{**VIEWS, "lables": {}}], "Metric 1: it has 'lables'"),
        ([{**VIEWS, "name": "eventplatform_x_total"}], "Metric 1: its name"),
        ([{**VIEWS, "name": "a b"}], "Metric 1: its name"),
        ([{**VIEWS, "name": "page_views"}], "names of counters end in _total"),
        ([{**SECONDS, "name": "load_total"}], "names of counters end in _total"),
        ([{**VIEWS, "type": "gauge"}], "its type"),
        ([{**SECONDS, "value": ""}], "its value"),
        ([{**VIEWS, "value": "count"}], "its value"),
        ([{**VIEWS, "labels": {"le": "/a"}}], "'le' can't be a label"),
        ([{**VIEWS, "labels": {"connector": "/a"}}], "'connector' can't be a label"),
        ([{**VIEWS, "labels": {"wiki": "database"}}], "label wiki needs"),
        ([{**VIEWS, "labels": {f"l{number}": "/a" for number in range(9)}}], "at most 8"),
        ([{**VIEWS, "buckets": [1]}], "a counter has no buckets"),
        ([{**SECONDS, "buckets": []}], "its buckets"),
        ([{**SECONDS, "buckets": [1, 1]}], "its buckets must grow"),
        ([{**SECONDS, "buckets": [1, "2"]}], "its buckets"),
    ],
)
def test_options__metrics_that_can_t_be__refused_with_the_place(wrong: Any, told: str) -> None:
    with pytest.raises(RejectedError) as caught:
        Options(wrong if isinstance(wrong, str) else json.dumps(wrong))

    assert told in str(caught.value)
    assert caught.value.pointer == "/metrics"
    assert "page_views_total" in caught.value.hint


@pytest.fixture
def store(postgres_url: str) -> CounterStore:
    return CounterStore(with_own_tables(postgres_url))


@pytest.fixture
def sink(store: CounterStore) -> Iterator[PrometheusSink]:
    with store.sink(metrics=json.dumps([VIEWS, SECONDS]), most=3) as made:
        assert isinstance(made, PrometheusSink)
        yield made


@pytest.mark.slow
def test_write__events__counted_and_measured(sink: PrometheusSink, store: CounterStore) -> None:
    sink.write(batch([row(0, database="a", seconds=0.5), row(1, database="a", seconds=7), row(2, database=True)]))

    found = {(name, *labels.values()): value for name, labels, value in store.counters()}
    assert found[("page_views_total", "a")] == 2
    assert found[("page_views_total", "true")] == 1
    assert found[("load_seconds_bucket", "0.5", "a")] == 1
    assert found[("load_seconds_bucket", "1.0", "a")] == 1
    assert found[("load_seconds_bucket", "+Inf", "a")] == 2
    assert (found[("load_seconds_sum", "a")], found[("load_seconds_count", "a")]) == (7.5, 2)
    assert ("load_seconds_count", "true") not in found


@pytest.mark.slow
def test_write__more_label_values_than_allowed__counted_as_other(sink: PrometheusSink, store: CounterStore) -> None:
    written = sink.write(batch([row(number, database=f"w{number}") for number in range(10)]))

    views = {labels["wiki"]: value for name, labels, value in store.counters() if name == "page_views_total"}
    assert views == {"w0": 1, "w1": 1, "w2": 1, "other": 7}
    assert written.discarded_values == 7


@pytest.mark.slow
def test_write__by_two_workers__the_bound_holds_for_both(store: CounterStore) -> None:
    first, second = (store.sink(metrics=json.dumps([VIEWS, SECONDS]), most=3) for _ in range(2))
    first.open()
    second.open()
    first.write(batch([row(0, database="a"), row(1, database="b")]))
    other = TopicPartition("page.view", 1)
    rows = [row(0, database="c"), row(1, database="d"), row(2, database="a")]

    second.write(WriteBatch("page.view", other, None, Position(3, "i1", "cluster"), rows))
    first.write(batch([row(2, database="e")], first=2))

    views = {labels["wiki"]: value for name, labels, value in store.counters() if name == "page_views_total"}
    assert views == {"a": 2, "b": 1, "c": 1, "other": 2}
    first.close()
    second.close()


@pytest.mark.slow
def test_write__fenced__counts_nothing(sink: PrometheusSink, store: CounterStore) -> None:
    sink.write(batch([row(0, database="a")]))

    with pytest.raises(FencedError):
        sink.write(batch([row(0, database="b")]))

    assert {labels["wiki"] for _, labels, _ in store.counters()} == {"a"}


@pytest.mark.slow
@pytest.mark.parametrize(("types", "refused"), [("freeze", "sink.type_frozen"), ("discard_row", "sink.row_discarded")])
def test_write__value_that_is_no_number__as_the_policy_says(sink: PrometheusSink, types: Any, refused: str) -> None:
    rows = [row(0, database="a", seconds="7"), row(1, database="a", seconds=7)]

    with pytest.raises(RowsRefusedError) as caught:
        sink.write(batch(rows, steering=Steering(types=types)))
    evolved = sink.write(batch(rows))

    assert {offset: error.code for offset, error in caught.value.refused.items()} == {0: refused}
    assert evolved.discarded_values == 1


@pytest.mark.slow
def test_write__numbers_that_no_sum_could_hold__left_out(sink: PrometheusSink, store: CounterStore) -> None:
    written = sink.write(batch([row(number, database="a", seconds=1.7e308) for number in range(2)]))
    again = sink.write(batch([row(2, database="a", seconds=-1.7e308), row(3, database="a", seconds=2)], first=2))

    found = {name: value for name, _, value in store.counters()}
    assert (found["load_seconds_sum"], found["page_views_total"]) == (2, 4)
    assert (written.discarded_values, again.discarded_values) == (2, 1)


@pytest.mark.slow
def test_write__upsert__refused(sink: PrometheusSink) -> None:
    with pytest.raises(UpsertUnsupportedError):
        sink.write(batch([row(0)], steering=Steering(is_upsert=True, key=("/database",))))


@pytest.fixture
def counting(transactional_db: None) -> Iterator[PrometheusSink]:
    """A connector of this platform, and its sink."""
    metrics = json.dumps([VIEWS, SECONDS])
    services.import_document(
        document={
            "targets": {"metrics": {"kind": "prometheus"}},
            "connectors": {"views": {"target": "metrics", "options": {"metrics": metrics}}},
        }
    )
    sink = PrometheusSink("views", Target(), Options(metrics))
    sink.around = Surroundings(database_url=own_database.conninfo())
    sink.open()
    with sink._own.transaction() as database:  # no model's tables, so Django empties them for nobody
        database.execute("TRUNCATE connector_counters, connector_positions, connector_canaries")
    yield sink
    sink.close()


@pytest.mark.slow
def test_metrics__of_the_web_role__show_them_after_a_restart_too(counting: PrometheusSink, client: Client) -> None:
    counting.write(batch([row(0, database="a", seconds=0.7), row(1, database='b"\n')]))
    counting.close()

    text = client.get("/metrics").content.decode()

    assert 'page_views_total{connector="views",wiki="a"} 1.0' in text
    assert 'page_views_total{connector="views",wiki="b\\"\\n"} 1.0' in text
    assert "# TYPE page_views_total counter" in text
    assert "# TYPE load_seconds histogram" in text
    buckets = [line for line in text.splitlines() if line.startswith("load_seconds_bucket")]
    assert [line.split()[-1] for line in buckets] == ["0.0", "1.0", "1.0"]
    assert "page_views_total" not in client.get("/metrics?role=worker").content.decode()


@pytest.mark.slow
def test_families__counter_and_histogram_but_for_total_of_one_name__both(transactional_db: None) -> None:
    both = [{**VIEWS, "name": "load_total"}, {**SECONDS, "name": "load"}]
    document = {
        "targets": {"metrics": {"kind": "prometheus"}},
        "connectors": {"views": {"target": "metrics", "options": {"metrics": json.dumps(both)}}},
    }
    services.import_document(document=document)

    assert {(family.name, family.type) for family in counters.families()} == {("load", "counter"), ("load", "histogram")}


@pytest.mark.slow
def test_families__database_away__none(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> None:
    def away() -> Iterator[None]:
        from django.db import OperationalError

        raise OperationalError("away")

    monkeypatch.setattr(counters, "_families", away)

    assert counters.families() == []


def test_preview__events__what_each_would_add() -> None:
    sink = PrometheusSink("c1", Target(), Options(json.dumps([VIEWS, SECONDS])))

    preview = sink.preview("page.view", {}, [row(0, database="a", seconds=0.5)], NO_STEERING)

    assert preview.place == "/metrics"
    assert preview.rows[0].values["value"] == 'page_views_total {"wiki":"a"} +1\nload_seconds {"wiki":"a"} +0.5'
