"""F11: one record in a thousand is poison; it is set aside once, the rest arrives, and so does the mended one."""

from __future__ import annotations

from types import SimpleNamespace

import orjson
import pytest

from connectors import letters, services, slices, watcher
from connectors.models import Connector, Lease
from connectors.sinks.base import WriteBatch, Written
from connectors.sinks.postgres import PostgresSink
from eventplatform.core.records import TopicPartition
from eventplatform.panels import Edited
from tests.connectors.conftest import FakeSnapshot, Produce
from tests.contracts.stores.postgres import PostgresStore

pytestmark = pytest.mark.slow

WHERE = TopicPartition("test.event", 0)
SCHEMA = {"type": "object", "properties": {"test": {"type": "string"}}}
EVERY = 1000
POISON = (b"no event", orjson.dumps([1]), b'{"$schema": "/sample/test_event/1.0.0", "test": "cut off')


@pytest.fixture
def rows(connector: Connector, snapshot: FakeSnapshot, postgres_url: str) -> Connector:
    """A connector of the stream into rows, alone."""
    schema = SimpleNamespace(document=SCHEMA)
    snapshot.find_schema = lambda _: schema  # type: ignore[method-assign,assignment]  # events here have one schema
    connector.delete()
    services.save_target(name="db", kind="postgres", values={"url": postgres_url})
    return services.save_connector(name="rows", target="db", streams=["test.event"], values={})


def event(text: str) -> dict[str, str]:
    return {"$schema": "/sample/test_event/1.0.0", "test": text}


def test_poison__one_in_a_thousand__once_in_the_dead_letters_and_mended_delivered(
    rows: Connector, produce: Produce, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher.reconcile()
    texts = [f"t{number}" for number in range(len(POISON) * EVERY)]
    for part, poison in enumerate(POISON):
        good = texts[part * EVERY : (part + 1) * EVERY]
        produce(*(orjson.dumps(event(text)) for text in good[: EVERY // 2]), poison)
        produce(*(orjson.dumps(event(text)) for text in good[EVERY // 2 :]))
    with monkeypatch.context() as patch:  # poison is set aside, then the slice dies before its write
        patch.setattr(PostgresSink, "write", dying)
        slices.run(rows.pk, WHERE)
    Lease.objects.update(not_before=None)

    assert slices.run(rows.pk, WHERE).end == "done"

    store = PostgresStore(postgres_url)
    found = letters.dead_letters().list(name="rows")
    assert store.texts("test.event") == texts  # also in order
    assert sorted((one.offset, one.value) for one in found) == [
        (part * (EVERY + 1) + EVERY // 2, poison) for part, poison in enumerate(POISON)
    ]
    assert {one.code for one in found} == {"record.not_an_event"}
    assert all(one.message and one.remedy for one in found)

    mended = [f"mended{one.offset}" for one in found]
    edited = [Edited(one, event(text)) for one, text in zip(found, mended, strict=True)]
    assert letters.send(edited, "mended") == [""] * len(POISON)
    assert slices.run(rows.pk, WHERE).end == "done"
    assert store.texts("test.event") == texts + mended


def dying(_sink: PostgresSink, _batch: WriteBatch) -> Written:
    raise ConnectionResetError


def test_poison__crashes_the_sink__found_by_halving_and_set_aside_alone(
    rows: Connector, produce: Produce, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher.reconcile()
    produce(*(orjson.dumps(event(f"t{number}")) for number in range(200)))
    real_write = PostgresSink.write

    def crashing(sink: PostgresSink, batch: WriteBatch) -> Written:
        if any(row.event["test"] in ("t0", "t77") for row in batch.rows):
            raise KeyError("s3cr3t content")
        return real_write(sink, batch)

    monkeypatch.setattr(PostgresSink, "write", crashing)

    assert slices.run(rows.pk, WHERE).end == "done"

    found = letters.dead_letters().list(name="rows")
    assert {(one.offset, one.code) for one in found} == {(0, "record.crashes_sink"), (77, "record.crashes_sink")}
    assert "s3cr3t" not in "".join(one.message for one in found)
    assert len(PostgresStore(postgres_url).texts("test.event")) == 198


def test_poison__every_record_crashes_the_sink__few_set_aside_then_the_slice_fails(
    rows: Connector, produce: Produce, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher.reconcile()
    produce(*(orjson.dumps(event(f"t{number}")) for number in range(200)))
    real_write = PostgresSink.write

    def crashing(sink: PostgresSink, batch: WriteBatch) -> Written:
        if batch.rows:
            raise TypeError
        return real_write(sink, batch)

    monkeypatch.setattr(PostgresSink, "write", crashing)

    assert slices.run(rows.pk, WHERE).end == "failed"

    assert letters.count(connector="rows") == 10
