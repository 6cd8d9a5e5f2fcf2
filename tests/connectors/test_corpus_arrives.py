"""The reference's own events, through a log, into both stores, all versions in one table per stream."""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors import letters, services, slices, watcher
from connectors.models import Lease
from eventplatform.broker.base import Log
from eventplatform.core.records import NewRecord, TopicPartition
from eventplatform.eventlog import event_log
from registry import lookups as schemas
from registry import services as registry
from streamconfig import lookups as configuration
from tests import configuring
from tests.contracts.stores.files import FilesStore
from tests.contracts.stores.postgres import PostgresStore
from tests.registry import corpus

pytestmark = pytest.mark.slow


def events() -> Iterator[dict[str, Any]]:
    """Every example of every version outside `fragment/`, as its title's stream takes it."""
    for schema_id, document in corpus.versions().items():
        if not schema_id.startswith("/fragment/"):
            for example in document.get("examples", ()):
                event = copy.deepcopy(example)
                event["meta"]["stream"] = stream_of(document["title"])
                event["meta"]["id"] = str(uuid.uuid4())
                yield event


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


def test_corpus__every_example__one_row_in_postgres_and_one_line_in_files(log: Log, postgres_url: str, tmp_path: Path) -> None:
    registry.import_folder(name="reference", folder=corpus.repository())
    configured = {
        stream_of(document["title"]): {"schema_title": document["title"], "destination_event_service": "main"}
        for schema_id, document in corpus.versions().items()
        if not schema_id.startswith("/fragment/")
    }
    configuring.configure({"streams": configured}, author="test", reason="corpus")
    services.import_document(
        document={
            "targets": {
                "db": {"kind": "postgres", "options": {"url": postgres_url}},
                "folder": {"kind": "files", "options": {"root": str(tmp_path)}},
            },
            "connectors": {"to-postgres": {"target": "db"}, "to-files": {"target": "folder"}},
        }
    )
    sent = list(events())
    producer = log.producer()
    producer.produce([NewRecord(event["meta"]["stream"], orjson.dumps(event)) for event in sent], lambda _: None)
    assert producer.flush(10) == 0

    watcher.reconcile()
    ends = [slices.run(lease.connector_id, TopicPartition(lease.topic, lease.partition)).end for lease in Lease.objects.all()]

    assert len(configured) == 37
    assert len(sent) == 63
    assert set(ends) == {"done"}
    assert letters.groups() == []
    lines = [line for path in sorted(tmp_path.rglob("*.jsonl")) for line in path.read_text().splitlines()]
    by_id = {event["meta"]["id"]: event for event in map(json.loads, lines)}
    assert by_id == {event["meta"]["id"]: event for event in sent}
    assert FilesStore(tmp_path).canaries() == []
    ids, extras = in_postgres(PostgresStore(postgres_url))
    assert ids == sorted(by_id)
    assert set(extras.values()) == {"unknown_field"}  # some of the examples have fields that their schemas don't name


def in_postgres(store: PostgresStore) -> tuple[list[str], dict[str, str]]:
    """The ids in all tables, and what had no place in a column, with the reason."""
    ids: list[str] = []
    extras: dict[str, str] = {}
    for (name,) in store.query("SELECT name FROM events._tables"):
        for event_id, extra in store.query("SELECT meta__id, _extra FROM events.{}", name):
            ids.append(event_id)
            extras |= {f"{name}{pointer}": why["why"] for pointer, why in (extra or {}).items()}
    return sorted(ids), extras
