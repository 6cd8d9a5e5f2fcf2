"""Moving to a new Kafka cluster, between two real ones: our mirror copies, a connector goes on, every event arrives once."""

from __future__ import annotations

import io
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import orjson
import pytest
from django.core.management import CommandError, call_command

from connectors import services, slices, watcher
from connectors.group_mirror import GroupMirror
from connectors.models import Connector
from eventplatform.broker import open_log
from eventplatform.broker.base import Log
from eventplatform.broker.kafka import KafkaLog
from eventplatform.core.records import NewRecord, TopicPartition
from eventplatform.eventlog import event_log
from tests.connectors.conftest import FakeSnapshot
from tests.contracts.logs import produce
from tests.servers.base import running
from tests.servers.kafka import KafkaServer

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

TOPIC = "test.event"
WHERE = TopicPartition(TOPIC, 0)


@pytest.fixture(scope="module")
def new_kafka(kafka_jars: None, service_missing: Callable[[str], NoReturn]) -> Iterator[KafkaServer]:
    for server in running(KafkaServer(Path(tempfile.mkdtemp(prefix="ep-kafka-new-"))), service_missing):
        assert isinstance(server, KafkaServer)
        yield server


@pytest.fixture
def old(kafka_server: KafkaServer, settings: Any, snapshot: FakeSnapshot) -> Log:  # the streams
    settings.EVENT_LOG_URL = f"kafka://{kafka_server.servers}"
    return fresh(event_log())


@pytest.fixture
def new(new_kafka: KafkaServer) -> Iterator[Log]:
    opened = open_log(f"kafka://{new_kafka.servers}")
    yield fresh(opened)
    opened.close()


def fresh(log: Log) -> Log:
    log.delete_topic(TOPIC)
    log.create_topic(TOPIC)
    return log


@pytest.fixture
def archive(tmp_path: Path, old: Log, new_kafka: KafkaServer) -> Path:  # the log of the connectors
    own_prefix = f"{uuid.uuid4().hex[:8]}_"
    services.import_document(
        document={
            "targets": {
                "archive": {"kind": "files", "options": {"root": str(tmp_path)}},
                "new-kafka": {"kind": "kafka", "options": {"servers": new_kafka.servers}},
            },
            "connectors": {
                "files": {"target": "archive", "streams": ["*"], "options": {"flush_age_seconds": 0.01}},
                "mirror": {"target": "new-kafka", "streams": ["*"], "options": {"topic": "{topic}", "own_prefix": own_prefix}},
            },
        }
    )
    watcher.reconcile()
    return tmp_path


def send(log: Log, numbers: range) -> None:
    values = [orjson.dumps({"meta": {"id": str(uuid.uuid4())}, "test": f"t{number}"}) for number in numbers]
    assert all(one.error is None for one in produce(log, [NewRecord(TOPIC, value, partition=0) for value in values]))


def run(name: str) -> None:
    end = slices.run(Connector.objects.get(name=name).pk, WHERE)
    assert end.end == "done", end


def texts(archive: Path) -> list[str]:
    lines = [line for path in archive.rglob("*.jsonl") for line in path.read_text().splitlines()]
    return sorted((orjson.loads(line)["test"] for line in lines), key=lambda text: int(text[1:]))


def move(*arguments: str) -> str:
    out = io.StringIO()
    call_command("move_cluster", *arguments, stdout=out)
    return out.getvalue()


def test_move_cluster__mirrored_by_us__every_event_arrives_once(
    old: Log, new: Log, new_kafka: KafkaServer, archive: Path, settings: Any
) -> None:
    send(old, range(10))
    run("files")
    send(old, range(10, 16))  # waits for the connector when everybody moves
    run("mirror")
    send(new, range(16, 20))  # the intake writes to the new cluster already
    pause("files")
    settings.EVENT_LOG_URL = f"kafka://{new_kafka.servers}"

    planned = move("files")
    assert texts(archive) == [f"t{number}" for number in range(10)]
    done = move("files", "--apply")
    resume("files")
    run("files")

    assert "exact" in planned
    assert "Nothing was changed" in planned
    assert "Nothing was changed" not in done
    assert texts(archive) == [f"t{number}" for number in range(20)]


def test_move_cluster__copied_by_another_tool__by_ids_and_once(  # noqa: PLR0917  # pytest gives them by name
    old: Log, new: Log, new_kafka: KafkaServer, kafka_server: KafkaServer, archive: Path, settings: Any
) -> None:
    send(old, range(8))
    run("files")
    reader = old.reader()
    kept = reader.read(WHERE, 3, timeout_seconds=10).records
    reader.close()
    produce(new, [NewRecord(TOPIC, one.value, one.key, (), one.timestamp_ms, 0) for one in kept])
    send(new, range(8, 11))
    pause("files")
    settings.EVENT_LOG_URL = f"kafka://{new_kafka.servers}"

    told = move("files", "--old", f"kafka://{kafka_server.servers}", "--apply")
    resume("files")
    run("files")

    assert "identity" in told
    assert texts(archive) == [f"t{number}" for number in range(11)]


def test_group_mirror__positions__seen_as_the_group_of_the_connector(old: Log, archive: Path) -> None:  # likewise
    send(old, range(10))
    run("files")
    groups = GroupMirror()

    assert groups.mirror() == 1
    assert groups.mirror() == 0  # nothing changed
    assert isinstance(old, KafkaLog)
    assert old.admin.group_offsets("connector.files") == {WHERE: 10}


def test_move_cluster__connector_runs__refused(archive: Path) -> None:  # its connectors
    with pytest.raises(CommandError, match="Pause them first"):
        move("files")


def pause(name: str) -> None:
    Connector.objects.filter(name=name).update(is_enabled=False)


def resume(name: str) -> None:
    Connector.objects.filter(name=name).update(is_enabled=True)
