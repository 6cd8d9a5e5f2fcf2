"""What is the files sink's own: hours, interrupted commits, names that must not lead out of the folder."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import orjson
import pytest

from connectors.sinks.base import Canary, FencedError, Position, RecordRefusedError, Row, StoreUnavailableError, WriteBatch
from connectors.sinks.files import FilesSink, Options, Target
from connectors.stores import lake_local
from connectors.stores.lake_manifests import Manifests
from connectors.stores.lake_sink import FolderTakenError
from eventplatform.core.records import Record, TopicPartition
from tests.contracts.stores.files import FilesStore

WHERE = TopicPartition("s", 0)


@pytest.fixture
def store(tmp_path: Path) -> FilesStore:
    return FilesStore(tmp_path)


def at(offset: int) -> Position:
    return Position(offset, "i", "c")


def row(offset: int, dt: Any = "2026-11-25T09:59:59Z") -> Row:
    event = {"meta": {"dt": dt}, "test": f"t{offset}"}
    return Row(Record(*WHERE, offset, 1_700_000_000_000, None, orjson.dumps(event)), event)


def killed(*_: object) -> NoReturn:
    """Ends the process at this line, as far as the test can."""
    raise KeyboardInterrupt


def batch(expected: Position | None, *rows: Row, stream: str = "s", where: TopicPartition = WHERE) -> WriteBatch:
    return WriteBatch(
        stream, where, expected, at(rows[-1].offset + 1), rows, (Canary(99, "k1", datetime(2026, 1, 1, tzinfo=UTC)),)
    )


def test_write__two_hours__a_file_each(store: FilesStore) -> None:
    with store.sink() as sink:
        sink.write(batch(None, row(0), row(1, "2026-11-25T10:00:00Z"), row(2, "bad"), row(3, None)))

    assert store.data_files() == [
        "s/year=2023/month=11/day=14/hour=22/s.0.0000-00000000000000000000.jsonl",
        "s/year=2026/month=11/day=25/hour=09/s.0.0000-00000000000000000000.jsonl",
        "s/year=2026/month=11/day=25/hour=10/s.0.0000-00000000000000000000.jsonl",
    ]


def test_position__killed_between_manifest_and_rename__finished(store: FilesStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.sink() as sink, monkeypatch.context() as patch:
        patch.setattr(sink, "_publish", killed)
        with pytest.raises(KeyboardInterrupt):
            sink.write(batch(None, row(0), row(1)))
    assert store.data_files() == []

    with store.sink() as again:
        assert again.position(WHERE) == at(2)

    assert store.texts("s") == ["t0", "t1"]
    assert store.canaries() == [("s", "k1")]


def test_position__killed_before_manifest__nothing_seen_and_swept_later(
    store: FilesStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.sink() as sink, monkeypatch.context() as patch:
        patch.setattr(Manifests, "create", killed)
        with pytest.raises(KeyboardInterrupt):
            sink.write(batch(None, row(0)))

    with store.sink() as again:
        assert again.position(WHERE) is None
        again.write(batch(None, row(0)))
        again.position(WHERE)

    assert store.texts("s") == ["t0"]
    assert [path for path in (store.root / ".staging").rglob("*") if path.is_file()] == []


def test_sweep__slice_still_at_work__its_files_stay(store: FilesStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A zombie wakes after another slice asked for the position, and may still win: its staged files must be there."""
    with store.sink() as zombie, store.sink() as other:
        zombie.position(WHERE)
        real_create = Manifests.create

        def create_late(manifests: Manifests, where: TopicPartition, manifest: Any) -> bool:
            other.position(where)
            return real_create(manifests, where, manifest)

        monkeypatch.setattr(Manifests, "create", create_late)
        zombie.write(batch(None, row(0)))
        monkeypatch.undo()

        with pytest.raises(FencedError):
            other.write(batch(None, row(0)))

    assert store.texts("s") == ["t0"]


@pytest.mark.parametrize("name", ["..", "a/b", "../x", "/etc", ""])
def test_write__name_that_leads_out__refused(store: FilesStore, name: str) -> None:
    with store.sink() as sink, pytest.raises(RecordRefusedError):
        sink.write(batch(None, row(0), stream=name))
    with store.sink() as sink, pytest.raises(RecordRefusedError):
        sink.position(TopicPartition(name, 0))


@pytest.mark.parametrize("event_id", ["../../up", "a/b", "x" * 400, "\u00e4"])
def test_canary__strange_id__marked_inside_the_folder(store: FilesStore, event_id: str) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with store.sink() as sink:
        sink.write(WriteBatch("s", WHERE, None, at(1), (), (Canary(0, event_id, moment),)))

        assert sink.canary_written("s", event_id) is not None

    assert store.canaries() == [("s", event_id)]


def test_write__disk_full__retriable_and_nothing_left(store: FilesStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, _parts: Any) -> None:
        path.touch()
        raise OSError(28, "No space left on device", str(path))

    with store.sink() as sink:
        monkeypatch.setattr(lake_local, "write_durably", full)
        with pytest.raises(StoreUnavailableError):
            sink.write(batch(None, row(0)))
        monkeypatch.undo()

        assert [path for path in (store.root / ".staging").rglob("*") if path.is_file()] == []
        sink.write(batch(None, row(0)))

    assert store.texts("s") == ["t0"]


def test_open__folder_of_another_connector__refused(store: FilesStore) -> None:
    store.sink("first").open()

    with pytest.raises(FolderTakenError):
        store.sink("second").open()


def test_manifest__lists_files_and_position(store: FilesStore) -> None:
    with store.sink() as sink:
        sink.write(batch(None, row(0)))

    manifest = json.loads((store.root / "_offsets/s/0/0000-00000000000000000000.json").read_text())

    assert manifest["position"] == {"next_offset": 1, "incarnation": "i", "cluster_id": "c"}
    assert [file["rows"] for file in manifest["files"]] == [1]


def test_flush_rule__from_options(tmp_path: Path) -> None:
    rule = FilesSink("c", Target(str(tmp_path)), Options(flush_age_seconds=10)).flush_rule

    assert (rule.age_seconds, rule.bytes) == (10, 128 * 1024 * 1024)


@pytest.mark.parametrize("name", ["connector", "_canaries", "_offsets", ".staging", ".connector", "x" * 249])
def test_write__name_like_the_sinks_own_or_very_long__stored_apart(store: FilesStore, name: str) -> None:
    where = TopicPartition(name, 10_000)
    with store.sink() as sink:
        assert sink.position(where) is None
        sink.write(batch(None, row(0), stream=name, where=where))
    with store.sink() as again:
        assert again.position(where) == at(1)
        again.write(batch(at(1), row(1), stream=name, where=where))

    folder = f"~{name}" if name in {"_canaries", "_offsets", ".staging"} else name
    assert store.texts(folder) == ["t0", "t1"]
    assert store.canaries() == [(name, "k1")]


def test_write__long_topics_that_begin_alike__files_of_their_own(store: FilesStore) -> None:
    first, second = (TopicPartition("x" * 240 + end, 0) for end in "ab")
    with store.sink() as sink:
        for where in (first, second):
            sink.position(where)
            sink.write(batch(None, row(0), where=where))

    assert store.texts("s") == ["t0", "t0"]


def test_open__owner_file_of_the_former_name__still_counts(store: FilesStore) -> None:
    (store.root / "_offsets").mkdir()
    (store.root / "_offsets" / "connector").write_text("first")

    store.sink("first").open()

    assert not (store.root / "_offsets" / "connector").exists()
    with pytest.raises(FolderTakenError):
        store.sink("second").open()


def test_write__a_field_twice_and_lines_in_the_bytes__one_plain_line_each(store: FilesStore) -> None:
    odd = b'{"test":"a",\n"test":"b"}\r'
    with store.sink() as sink:
        sink.write(batch(None, Row(Record(*WHERE, 0, 0, None, odd), orjson.loads(odd)), row(1)))

    lines = [line for path in store.data_files() for line in (store.root / path).read_bytes().splitlines()]
    assert lines[0] == b'{"test":"b"}'
    assert len(lines) == 2
