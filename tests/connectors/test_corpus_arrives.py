"""The reference's own events, through a log, into every kind of store, all versions in one table per stream."""

from __future__ import annotations

import copy
import uuid
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors import letters, services, slices, watcher
from connectors.mapping.columns import leaves
from connectors.models import Lease
from connectors.sinks.base import Position, Row, WriteBatch
from connectors.steering import NO_STEERING
from connectors.stores.table_sink import TableSink
from eventplatform.broker.base import Log
from eventplatform.core.names import version_key
from eventplatform.core.records import NewRecord, Record, TopicPartition
from eventplatform.eventlog import event_log
from registry import lookups as schemas
from registry import services as registry
from streamconfig import lookups as configuration
from tests import configuring
from tests.connectors.corpus_arrivals import ARRIVALS
from tests.contracts.stores.base import make
from tests.registry import corpus

pytestmark = pytest.mark.slow

LIGHT = ("postgres", "mysql", "files")
HEAVY = [pytest.param((kind,), marks=pytest.mark.services, id=kind) for kind in ARRIVALS if kind not in LIGHT]


def events() -> Iterator[dict[str, Any]]:
    """Every example of every version outside `fragment/`, as its title's stream takes it."""
    for document in documents():
        for example in document.get("examples", ()):
            event = copy.deepcopy(example)
            event["meta"]["stream"] = stream_of(document["title"])
            event["meta"]["id"] = str(uuid.uuid4())
            yield event


def documents() -> list[dict[str, Any]]:
    return [document for schema_id, document in corpus.versions().items() if not schema_id.startswith("/fragment/")]


def stream_of(title: str) -> str:
    return title.replace("/", ".")


@pytest.fixture
def log(settings: Any, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    monkeypatch.setattr(slices, "_LINGER_SECONDS", 0.0)  # nothing more comes
    settings.EVENT_LOG_URL = f"memory://{uuid.uuid4().hex}"
    schemas.forget()
    configuration.forget()
    yield event_log()
    letters.close()


@pytest.mark.parametrize("kinds", [pytest.param(LIGHT, id="light"), *HEAVY])
def test_corpus__every_example__once_in_every_store(
    kinds: tuple[str, ...], log: Log, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    arrivals = {kind: ARRIVALS[kind](request, tmp_path) for kind in kinds}
    registry.import_folder(name="reference", folder=corpus.repository())
    configured = {
        stream_of(document["title"]): {"schema_title": document["title"], "destination_event_service": "main"}
        for document in documents()
    }
    configuring.configure({"streams": configured}, author="test", reason="corpus")
    services.import_document(
        document={
            "targets": {kind: {"kind": kind, "options": arrival.options} for kind, arrival in arrivals.items()},
            "connectors": {f"to-{kind}": {"target": kind} for kind in kinds},
        }
    )
    sent = list(events())
    producer = log.producer()
    producer.produce([NewRecord(event["meta"]["stream"], orjson.dumps(event)) for event in sent], lambda _: None)
    assert producer.flush(10) == 0

    watcher.reconcile()
    ends = [slices.run(lease.connector_id, TopicPartition(lease.topic, lease.partition)).end for lease in Lease.objects.all()]

    assert (len(configured), len(sent)) == (37, 63)
    assert set(ends) == {"done"}
    assert letters.groups() == []
    for kind, arrival in arrivals.items():
        found = arrival.arrived()
        assert set(found) == {event["meta"]["id"] for event in sent}, kind
        why = {reason for reasons in found.values() for reason in reasons.values()}
        assert why <= {"unknown_field"}, kind  # some of the examples have fields that their schemas don't name


@pytest.mark.parametrize("kind", ["postgres", "mysql", pytest.param("clickhouse", marks=pytest.mark.services)])
def test_corpus__every_version_step__evolves_the_table_in_place(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    where = TopicPartition("t", 0)
    sink = make(kind, request, tmp_path).sink()
    assert isinstance(sink, TableSink)
    by_title: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for document in documents():
        by_title[document["title"]].append(document)
    offset = 0

    with sink:
        for title, versions in by_title.items():
            for document in sorted(versions, key=lambda one: version_key(one["$id"].rpartition("/")[2])):
                stream = stream_of(title)
                sink.prepare(stream, document["$id"], document, NO_STEERING)
                table = sink.tables.table(stream, NO_STEERING)
                assert table is not None
                assert {leaf.pointer for leaf in leaves(document)} <= set(table.columns), document["$id"]
                expected = Position(offset, "i", "c") if offset else None
                rows = [row(offset + number, event) for number, event in enumerate(document.get("examples", ()))]
                offset += len(rows)
                if rows:
                    sink.write(WriteBatch(stream, where, expected, Position(offset, "i", "c"), rows))

    assert (len(by_title), len(documents()), offset) == (37, 55, 63)


def row(offset: int, event: dict[str, Any]) -> Row:
    return Row(Record("t", 0, offset, 1_700_000_000_000, None, orjson.dumps(event)), event)
