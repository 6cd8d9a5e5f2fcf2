"""What runs beside slices: restarts, lost positions, back-fills, preparation, history, alarms, heartbeats, secrets in files."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from connectors import (
    backfill,
    history,
    leasing,
    lookups,
    opening,
    pulse,
    repositioning,
    retention_alarm,
    secret_files,
    services,
    slices,
    watcher,
    workers,
)
from connectors.models import Backfill, Connector, Lease, Minute, Target, Worker
from connectors.sinks.base import WriteBatch, Written
from connectors.sinks.files import FilesSink
from connectors.tasks import run_slice
from connectors.watcher import Watcher
from eventplatform.broker.base import Log
from eventplatform.core.records import TopicPartition
from tests.connectors.conftest import FakeSnapshot, Produce
from tests.contracts.stores.files import FilesStore
from tests.contracts.stores.postgres import PostgresStore

pytestmark = pytest.mark.slow


@pytest.fixture
def lease(connector: Connector) -> Lease:
    watcher.reconcile()
    return Lease.objects.get()


@pytest.fixture
def rows(connector: Connector, snapshot: FakeSnapshot, postgres_url: str) -> Connector:
    """A connector of the stream into rows, which know where they came from."""
    schema = SimpleNamespace(document={"type": "object", "properties": {"test": {"type": "string"}}})
    snapshot.find_schema = lambda _: schema  # type: ignore[method-assign,assignment]  # events here name no schema
    services.save_target(name="db", kind="postgres", values={"url": postgres_url})
    return services.save_connector(name="rows", target="db", streams=["test.event"], values={})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Slices that a watcher asked for; nobody runs them."""
    found: list[Any] = []
    monkeypatch.setattr(run_slice, "apply_async", lambda arguments, **_: found.append(arguments))
    return found


def test_failed__nobody_foresaw_it__starts_again_later_each_time(
    lease: Lease, connector: Connector, where: TopicPartition, produce: Produce, monkeypatch: pytest.MonkeyPatch
) -> None:
    produce("a")

    def crash(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(FilesSink, "write", crash)
        waits = []
        for _ in range(3):
            Lease.objects.update(not_before=None)
            assert slices.run(connector.pk, where).end == "failed"
            lease.refresh_from_db()
            assert lease.not_before is not None
            waits.append(round((lease.not_before - datetime.now(UTC)).total_seconds() / 60))

    assert waits == [2, 6, 12]
    assert (lease.state, lease.error_code) == ("retrying", "connector.unexpected")
    services.restart(connector="files", by="engineer", only_failed=True)
    assert slices.run(connector.pk, where).end == "done"


def test_restart_minutes__grow_to_the_longest() -> None:
    assert [leasing.restart_minutes(n, longest=60) for n in range(8)] == [2, 6, 12, 20, 30, 42, 56, 60]


@pytest.mark.usefixtures("lease")
def test_failed__restarts_switched_off__stopped(
    connector: Connector, where: TopicPartition, produce: Produce, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.CONNECTOR_RESTART_MINUTES = 0
    produce("a")

    def crash(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(FilesSink, "write", crash)

    slices.run(connector.pk, where)

    assert lookups.overview()[0].state == "stopped"


@pytest.mark.parametrize(("to", "expected"), [("store", "abcd"), ("reached", "ad")])
def test_position_lost__store_restored_from_a_backup__stops_until_a_person_chose(
    to: repositioning.Place, expected: str, rows: Connector, produce: Produce, postgres_url: str
) -> None:
    watcher.reconcile()
    store, where = PostgresStore(postgres_url), TopicPartition("test.event", 0)
    produce(*named("a", "b", "c"))
    slices.run(rows.pk, where)
    forget_from(store, 1)
    produce(*named("d"))

    assert slices.run(rows.pk, where).end == "failed"
    (view,) = [one for one in lookups.overview() if one.name == "rows"]
    assert (view.state, view.error_code) == ("stopped", "connector.position_lost")
    repositioning.reposition(connector=rows, where=where, to=to, by="engineer")

    assert slices.run(rows.pk, where).end == "done"
    assert sorted(store.texts("test.event")) == list(expected)


def test_position_lost__store_lost_everything__stops(
    rows: Connector, where: TopicPartition, produce: Produce, postgres_url: str
) -> None:
    watcher.reconcile()
    produce(*named("a"))
    slices.run(rows.pk, where)
    forget_from(PostgresStore(postgres_url), 0)
    produce(*named("b"))

    assert slices.run(rows.pk, where).end == "failed"
    assert Lease.objects.get(connector=rows).error_code == "connector.position_lost"


def test_target_changed__store_without_position__no_alarm(
    lease: Lease, connector: Connector, where: TopicPartition, produce: Produce, tmp_path: Path
) -> None:
    produce("a")
    slices.run(connector.pk, where)

    services.save_target(name="archive", kind="files", values={"root": str(tmp_path / "other")})

    assert slices.run(connector.pk, where).end == "done"
    assert FilesStore(tmp_path / "other").texts("test.event") == ["a"]


@pytest.mark.usefixtures("lease")
def test_reconcile__stream_gone__slice_at_work_ends_before_its_next_write(
    connector: Connector, produce: Produce, snapshot: FakeSnapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Connector.objects.update(options={"flush_age_seconds": 0})  # lingers for more
    produce("a")
    real_write = FilesSink.write

    def write_then_remove(sink: FilesSink, batch: WriteBatch) -> Written:
        written = real_write(sink, batch)
        snapshot.streams.clear()
        watcher.reconcile()
        produce("b")
        return written

    monkeypatch.setattr(FilesSink, "write", write_then_remove)

    assert slices.run(connector.pk, TopicPartition("test.event", 0)).end == "fenced"
    assert FilesStore(tmp_path).texts("test.event") == ["a"]
    assert not Lease.objects.exists()


def test_backfill__between_offsets__again_and_no_row_twice(
    rows: Connector, where: TopicPartition, produce: Produce, postgres_url: str
) -> None:
    Connector.objects.exclude(pk=rows.pk).delete()
    watcher.reconcile()
    store = PostgresStore(postgres_url)
    produce(*named(*"abcdef"))
    slices.run(rows.pk, where)
    store.query("DELETE FROM events.test_event WHERE _offset IN (2, 3)")

    made = backfill.start(connector="rows", stream="test.event", by="engineer", begin=1, end=5, only=where)
    assert slices.run(rows.pk, where, backfill_id=made.pk).end == "done"
    backfill.finish()

    (progress,) = backfill.progress("rows")
    assert (progress.state, progress.records, progress.done, progress.ratio) == ("done", 4, 4, 1.0)
    assert sorted(store.texts("test.event")) == list("abcdef")
    assert Lease.objects.get(backfill=None).next_offset == 6


def test_backfill__topic_made_anew_before__meets_the_rows_of_its_connector(
    rows: Connector, where: TopicPartition, produce: Produce, log: Log, postgres_url: str
) -> None:
    Connector.objects.exclude(pk=rows.pk).delete()
    watcher.reconcile()
    produce(*named("old"))
    slices.run(rows.pk, where)
    log.delete_topic("test.event")
    log.create_topic("test.event")
    produce(*named("a", "b"))
    slices.run(rows.pk, where)
    repositioning.reposition(connector=rows, where=where, to="first", by="engineer")
    slices.run(rows.pk, where)

    made = backfill.start(connector="rows", stream="test.event", by="engineer")
    assert slices.run(rows.pk, where, backfill_id=made.pk).end == "done"

    assert sorted(PostgresStore(postgres_url).texts("test.event")) == ["a", "b", "old"]


def test_backfill__by_the_watcher__asked_for_only_while_it_runs(
    rows: Connector, where: TopicPartition, produce: Produce, monkeypatch: pytest.MonkeyPatch
) -> None:
    Connector.objects.exclude(pk=rows.pk).delete()
    asked: list[Any] = []
    monkeypatch.setattr(run_slice, "apply_async", lambda _, kwargs, **__: asked.append(kwargs["backfill_id"]))
    watcher.reconcile()
    produce("a")
    slices.run(rows.pk, where)
    begin = datetime.now(UTC) - timedelta(hours=1)
    made = backfill.start(connector="rows", stream="test.event", by="engineer", begin=begin)
    backfill.pause(connector="rows", number=made.pk, by="engineer")
    assert Watcher().tick() == 0

    backfill.resume(connector="rows", number=made.pk, by="engineer")
    assert Watcher().tick() == 1
    backfill.cancel(connector="rows", number=made.pk, by="engineer")

    assert asked == [made.pk]
    assert not leasing.renew(Lease.objects.get(backfill=made))
    with pytest.raises(backfill.BackfillUnknownError):
        backfill.resume(connector="rows", number=made.pk, by="engineer")


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        ({"stream": "other"}, "takes no stream"),
        ({"begin": 5}, "name it"),
        ({"begin": 7, "only": TopicPartition("test.event", 0)}, "no records"),
    ],
)
def test_backfill__nothing_to_take__refused(rows: Connector, produce: Produce, wish: dict[str, Any], word: str) -> None:
    produce("a")

    with pytest.raises(backfill.BackfillRefusedError, match=word):
        backfill.start(**{"connector": "rows", "stream": "test.event", "by": "engineer", **wish})

    assert not Backfill.objects.exists()


@pytest.mark.usefixtures("lease", "asked")
def test_note_minute__counts_what_came_and_went_once(connector: Connector, where: TopicPartition, produce: Produce) -> None:
    one = Watcher()
    one.tick()
    assert history.note_minute()  # nothing to tell: no row, and a start to count from
    produce("a", "b", b"no json")
    one.tick()
    slices.run(connector.pk, where)
    produce("c")
    one.tick()

    assert history.note_minute()
    assert not history.note_minute()  # another watcher did

    newest = lookups.history("files", 1)[-1]
    assert (newest.arrived, newest.written, newest.set_aside, newest.lag_records) == (4, 2, 1, 1)
    assert len(lookups.history("files", 1)) == 61
    Minute.objects.update(at=datetime.now(UTC) - timedelta(days=8))
    assert history.forget() == 1


@pytest.mark.parametrize(("hours", "expected"), [(2.9, 1), (3.1, 0)])
@pytest.mark.usefixtures("lease", "asked")
def test_retention_alarm__before_twice_the_lag_has_passed__noted_with_the_moment(
    produce: Produce, log: Log, hours: float, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    produce("a")
    log.alter_topic("test.event", retention_ms=int(hours * 3_600_000))
    Watcher().tick()
    in_an_hour = time.time() + 3600
    monkeypatch.setattr("connectors.retention_alarm.time.time", lambda: in_an_hour)

    assert retention_alarm.look() == expected

    assert (Lease.objects.get().loses_at is not None) == bool(expected)


@pytest.mark.usefixtures("lease", "asked")
def test_retention_alarm__record_is_gone_already__warned_of_now(
    produce: Produce, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    produce("a", "b")
    Watcher().tick()
    log.alter_topic("test.event", retention_ms=3_600_000)
    later = time.time() + 2 * 3600
    log.apply_retention(now_ms=int(later * 1000))
    produce("c")
    Watcher()._mirror()
    Lease.objects.update(end_offset=3, next_offset=0)
    monkeypatch.setattr("connectors.retention_alarm.time.time", lambda: later)

    assert retention_alarm.look() == 1

    assert Lease.objects.get().loses_at is not None


def test_pulse__long_write__lease_is_kept_and_the_target_counts_as_slow(
    lease: Lease, connector: Connector, where: TopicPartition, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = leasing.take(connector_id=connector.pk, where=where, owner="w")
    assert taken is not None
    Lease.objects.update(until=datetime.now(UTC) + timedelta(seconds=1))
    held = pulse.Held(taken.pk, taken.epoch, connector.target_id, seen=time.monotonic() - 6)

    pulse._beat((held,))

    lease.refresh_from_db()
    assert lease.until is not None
    assert lease.until > datetime.now(UTC) + timedelta(seconds=8)
    assert Target.objects.get().slow_until is not None
    Lease.objects.update(until=None)
    pulse._beat((pulse.Held(taken.pk, taken.epoch - 1, connector.target_id),))
    pulse._beat((pulse.Held(taken.pk, taken.epoch, connector.target_id, seen=time.monotonic() - 200),))
    assert Lease.objects.get().until is None


def test_workers__that_live__counted(db: None) -> None:
    assert workers.threads() == 8  # nobody has said anything yet
    workers.beat("one", has=4)
    workers.beat("two", has=16)
    assert workers.threads() == 20
    Worker.objects.filter(name="two").update(seen_at=datetime.now(UTC) - timedelta(seconds=20))
    assert workers.threads() == 4


def test_workers__asked_to_stop__row_goes(transactional_db: None) -> None:
    stop = threading.Event()
    beating = threading.Thread(target=workers.keep_beating, kwargs={"has": 3, "stop": stop})
    beating.start()
    deadline = time.monotonic() + 5
    while not Worker.objects.exists():
        assert time.monotonic() < deadline

    stop.set()
    beating.join(5)

    assert not Worker.objects.exists()


@pytest.mark.parametrize(
    ("name", "reason"), [("../outside", "outside"), ("/etc/hostname", "outside"), ("link", "outside"), ("none", "NotFound")]
)
def test_secret_files__where_none_may_be__refused(tmp_path: Path, settings: Any, name: str, reason: str) -> None:
    settings.SECRETS_DIR = str(tmp_path / "secrets")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "outside").write_text("s3cr3t")
    (tmp_path / "secrets/link").symlink_to(tmp_path / "outside")

    with pytest.raises(secret_files.SecretFileError, match=reason) as caught:
        secret_files.read({"password": f"file:{name}"})

    assert "s3cr3t" not in str(caught.value)


def test_secret_files__password_of_a_target__read_when_it_is_opened(
    connector: Connector, tmp_path: Path, settings: Any
) -> None:
    settings.SECRETS_DIR = str(tmp_path)
    (tmp_path / "db").write_text("from-the-file\n")
    services.save_target(name="db", kind="postgres", values={"url": "postgresql://u@localhost/d", "password": "file:db"})
    made = services.save_connector(name="rows", target="db", streams=["*"], values={})

    assert opening.make_sink(made)._target.password == "from-the-file"  # type: ignore[attr-defined]  # the Postgres sink's own


def named(*texts: str) -> list[bytes]:
    """Events that name their schema."""
    return [orjson.dumps({"$schema": "/sample/test_event/1.0.0", "test": text}) for text in texts]


def forget_from(store: PostgresStore, offset: int) -> None:
    """As if the store had been restored from a backup of the moment when it stood there."""
    store.query(f"DELETE FROM events.test_event WHERE _offset >= {offset}")  # noqa: S608  # a number of the test's own
    store.query(f"UPDATE events._offsets SET next_offset = {offset}" if offset else "DELETE FROM events._offsets")  # noqa: S608  # likewise
