"""Two competing workers, killed at random while events flow: every row arrives, once, and soon."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from connectors import letters, services
from connectors.models import Lease
from eventplatform.broker.base import Log
from eventplatform.core.records import TopicPartition
from tests.contracts.stores.files import FilesStore
from tests.contracts.stores.postgres import PostgresStore
from tests.faults.connector_fleet import (
    ELSEWHERE_SECONDS,
    PARTITIONS,
    TOPIC,
    Fleet,
    configure,
    produce,
    running_slice,
    until,
    written,
)


@pytest.fixture
def stores(log: Log, postgres_url: str, tmp_path: Path) -> dict[str, PostgresStore | FilesStore]:
    """Both sinks take the stream; the files sink closes a file as soon as it has caught up, to commit often."""
    configure()
    document = {
        "targets": {
            "db": {"kind": "postgres", "options": {"url": postgres_url}},
            "folder": {"kind": "files", "options": {"root": str(tmp_path / "files")}},
        },
        "connectors": {
            "to-postgres": {"target": "db", "streams": [TOPIC], "options": {"batch_rows": 200}},
            "to-files": {"target": "folder", "streams": [TOPIC], "options": {"flush_age_seconds": 0, "flush_rows": 200}},
        },
    }
    services.import_document(document=document)
    return {"postgres": PostgresStore(postgres_url), "files": FilesStore(tmp_path / "files")}


@pytest.mark.parametrize(
    ("kills", "rows"),
    [
        pytest.param(3, 6_000, marks=[pytest.mark.slow, pytest.mark.timeout(300)]),
        pytest.param(20, 60_000, marks=[pytest.mark.services, pytest.mark.timeout(1200)]),
    ],
)
def test_kill_9__mid_stream__nothing_lost_or_doubled(
    kills: int, rows: int, fleet: Fleet, log: Log, stores: dict[str, PostgresStore | FilesStore]
) -> None:
    for name in ("one", "two"):
        fleet.start_worker(name)
    fleet.start_watcher()
    share = rows // (kills + 1)

    took = [kill_amid(fleet, log, range(n * share, (n + 1) * share)) for n in range(kills)]
    produce(log, range(kills * share, rows))
    until(lambda: written() == rows * len(stores), 120, "every record of every partition is written")

    assert sum(log.end_offsets({TopicPartition(TOPIC, n) for n in range(PARTITIONS)}).values()) == rows
    for kind, store in stores.items():
        texts = store.texts(TOPIC)
        print(f"{kind}: {kills} kills, {len(texts)} rows of {rows}, {len(texts) - len(set(texts))} doubled")  # noqa: T201  # the figures are asked for
        assert (len(texts), len(set(texts))) == (rows, rows), kind
    assert letters.count() == 0
    print(f"killed slices ran elsewhere after {min(took):.1f} to {max(took):.1f} s")  # noqa: T201  # likewise
    assert max(took) <= ELSEWHERE_SECONDS * (1 if kills > 3 else 2)


def kill_amid(fleet: Fleet, log: Log, numbers: range) -> float:
    """Produce `numbers`; somewhere within, kill a worker that is in a slice; the seconds until that slice ran elsewhere."""
    middle = random.randrange(numbers.start + 1, numbers.stop)  # noqa: S311  # no secret
    produce_in_chunks(log, range(numbers.start, middle))
    until(lambda: running_slice() is not None, 120, "a slice runs")
    found = running_slice()
    assert found is not None
    lease, pid = found
    name = fleet.kill(pid)

    produce_in_chunks(log, range(middle, numbers.stop))
    taken = Lease.objects.filter(pk=lease.pk, epoch__gt=lease.epoch, next_offset__gt=lease.next_offset or 0)
    seconds = until(taken.exists, 60, f"the slice of {lease} runs elsewhere")

    fleet.start_worker(name)
    return seconds


def produce_in_chunks(log: Log, numbers: range) -> None:
    """Many small appends, so that there is a stream to be killed in."""
    for start in range(numbers.start, numbers.stop, 50):
        produce(log, range(start, min(start + 50, numbers.stop)))
