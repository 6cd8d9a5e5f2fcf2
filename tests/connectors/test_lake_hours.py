"""Hours of a lake: when they are complete, what is said then, how their files are merged, whatever ends a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connectors.sinks.base import FencedError, StoreUnavailableError, WriteBatch
from connectors.sinks.files import FilesSink, Options, Target
from connectors.stores import lake_closing
from connectors.stores.lake_blobs import BlobStore
from connectors.stores.lake_completeness import Reach
from connectors.stores.lake_flags import newest_flag
from connectors.stores.lake_hours import Books
from connectors.stores.lake_sink import LakeSink
from eventplatform.core.records import TopicPartition
from tests.connectors.lakes import (
    HOUR,
    LATER,
    STREAM,
    WHERE,
    Killed,
    WatchedBlobs,
    at,
    close_hours,
    row,
    texts,
    use_blobs,
    write,
)

FOLDER = "s/year=2026/month=11/day=25/hour=09"
ONE_HOUR = timedelta(hours=1)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[LakeSink]:
    with FilesSink("c1", Target(str(tmp_path)), Options()) as made:
        yield made


def names(sink: LakeSink, folder: str = FOLDER) -> list[str]:
    return sorted(one.name for one in sink.blobs.files(folder))


def data(sink: LakeSink, folder: str = FOLDER) -> list[str]:
    return [name for name in names(sink, folder) if not name.startswith("_")]


def test_close__log_stored_beyond_the_hour__flagged_with_its_rows(sink: LakeSink) -> None:
    write(sink, row(0), row(1))

    assert close_hours(sink, LATER) == ["25T09 r1 2"]

    flag = newest_flag(sink.blobs, STREAM, HOUR)
    assert flag is not None
    assert (flag["revision"], flag["rows"], list(flag["files"])) == (1, 2, data(sink))
    assert "_SUCCESS" in names(sink)
    assert close_hours(sink, LATER) == []


@pytest.mark.parametrize(("now", "reached"), [(LATER - timedelta(minutes=6), LATER), (LATER, LATER - timedelta(minutes=6))])
def test_close__grace_not_over_or_log_not_stored__not_yet(sink: LakeSink, now: datetime, reached: datetime) -> None:
    write(sink, row(0))

    assert close_hours(sink, now, reached=reached) == []
    assert data(sink) == names(sink)


def test_close__hours_without_traffic__flagged_too(sink: LakeSink) -> None:
    write(sink, row(0))

    assert close_hours(sink, LATER + 2 * ONE_HOUR) == ["25T09 r1 1", "25T10 r1 0", "25T11 r1 0"]
    assert names(sink, FOLDER.replace("=09", "=11")) == ["_SUCCESS", "_revision-00001.json"]


def test_close__stream_without_any_file__only_the_book_knows(sink: LakeSink, tmp_path: Path) -> None:
    close_hours(sink, LATER)

    assert close_hours(sink, LATER + ONE_HOUR) == ["25T10 r1 0"]

    assert not (tmp_path / STREAM).exists()
    assert Books(sink.blobs).newest(STREAM)[1].known.keys() == {HOUR + ONE_HOUR}


def test_close__late_event__hour_again_with_the_next_revision(sink: LakeSink) -> None:
    write(sink, row(0))
    close_hours(sink, LATER)
    write(sink, row(1))

    assert close_hours(sink, LATER) == ["25T09 r2 2"]

    assert newest_flag(sink.blobs, STREAM, HOUR) == {**(newest_flag(sink.blobs, STREAM, HOUR) or {}), "revision": 2, "rows": 2}
    assert [name for name in names(sink) if name.startswith("_rev")] == ["_revision-00001.json", "_revision-00002.json"]
    assert close_hours(sink, LATER) == []


def test_close__many_files__merged_into_one_and_read_once(sink: LakeSink) -> None:
    for offset in range(5):
        write(sink, row(offset))
    before = texts(sink)

    assert close_hours(sink, LATER) == ["25T09 r1 5"]

    assert len(data(sink)) == 1
    assert texts(sink) == before == [f"t{offset}" for offset in range(5)]


def test_close__flagged_files_and_late_ones__only_the_late_are_merged(sink: LakeSink) -> None:
    write(sink, row(0))
    close_hours(sink, LATER)
    first = data(sink)
    write(sink, row(1))
    write(sink, row(2))

    close_hours(sink, LATER)

    assert set(first) < set(data(sink))
    assert len(data(sink)) == 2
    assert texts(sink) == ["t0", "t1", "t2"]


def test_close__more_manifests_than_one_run_reads__complete_only_with_all(
    sink: LakeSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake_closing, "_MOST_MANIFESTS", 2)
    monkeypatch.setattr(lake_closing, "_ENOUGH_NEWS", 2)
    for offset in range(5):
        write(sink, row(offset))

    assert [close_hours(sink, LATER) for _ in range(4)] == [[], [], ["25T09 r1 5"], []]


def test_close__file_that_expires_under_a_merge__retriable(sink: LakeSink) -> None:
    for offset in range(2):
        write(sink, row(offset))
    real = sink.blobs

    class Expiring(WatchedBlobs):
        def read(self, key: str) -> bytes | None:
            return None if key.endswith(".jsonl") else super().read(key)

    use_blobs(sink, Expiring(real))
    with pytest.raises(StoreUnavailableError, match="gone"):
        close_hours(sink, LATER)

    use_blobs(sink, real)
    assert close_hours(sink, LATER) == ["25T09 r1 2"]


def test_close__merging_switched_off__files_stay(tmp_path: Path) -> None:
    with FilesSink("c1", Target(str(tmp_path)), Options(compact=False)) as sink:
        write(sink, row(0))
        write(sink, row(1))

        close_hours(sink, LATER)

        assert len(data(sink)) == 2


def test_close__manifests_that_the_book_knows__pruned_but_for_the_newest(sink: LakeSink) -> None:
    for offset in range(5):
        write(sink, row(offset))

    close_hours(sink, LATER)

    assert len(sink.manifests.log(WHERE).names()) == 1
    position = sink.position(WHERE)
    assert position is not None
    assert position.next_offset == 5


def test_write__zombie_whose_start_was_pruned__fenced_and_leaves_nothing(sink: LakeSink, tmp_path: Path) -> None:
    with FilesSink("c1", Target(str(tmp_path)), Options()) as zombie:
        zombie.position(WHERE)
        for offset in range(3):
            write(sink, row(offset))
        close_hours(sink, LATER)

        with pytest.raises(FencedError):
            zombie.write(WriteBatch(STREAM, WHERE, None, at(1), [row(0)]))

    assert texts(sink) == ["t0", "t1", "t2"]
    assert close_hours(sink, LATER) == []
    assert [path for path in (tmp_path / ".staging").rglob("*") if path.is_file()] == []


def test_close__other_run_was_first__fenced(sink: LakeSink) -> None:
    write(sink, row(0))
    real = sink.blobs

    class Slow(WatchedBlobs):
        def create_if_absent(self, key: str, content: bytes) -> bool:
            if "~hours" in key and self.below is real:
                use_blobs(sink, real)
                close_hours(sink, LATER)
            return super().create_if_absent(key, content)

    use_blobs(sink, Slow(real))
    with pytest.raises(FencedError):
        close_hours(sink, LATER)

    use_blobs(sink, real)
    assert close_hours(sink, LATER) == []
    assert texts(sink) == ["t0"]


def changes(sink: LakeSink) -> int:
    """How many changes a run makes."""
    counted: list[None] = []
    real = sink.blobs
    use_blobs(sink, WatchedBlobs(real, lambda: counted.append(None)))
    close_hours(sink, LATER)
    use_blobs(sink, real)
    return len(counted)


def filled(folder: Path) -> LakeSink:
    sink = FilesSink("c1", Target(str(folder)), Options())
    sink.open()
    for offset in range(4):
        write(sink, row(offset))
    return sink


@pytest.mark.slow
def test_close__killed_at_any_change__readers_see_each_event_once_and_the_next_run_ends_it(tmp_path: Path) -> None:
    every = [f"t{offset}" for offset in range(4)]
    total = changes(filled(tmp_path / "counted"))
    assert total > 10

    for number in range(total):
        sink = filled(tmp_path / str(number))
        real = sink.blobs
        use_blobs(sink, WatchedBlobs(real, dying_at(number, sink, real, every)))
        with pytest.raises(Killed):
            close_hours(sink, LATER)
        use_blobs(sink, real)
        assert texts(sink) == every

        close_hours(sink, LATER)

        assert (texts(sink), len(data(sink))) == (every, 1)
        flag = newest_flag(real, STREAM, HOUR)
        assert flag is not None
        assert (flag["revision"], flag["rows"], list(flag["files"])) == (1, 4, data(sink))


def dying_at(number: int, sink: LakeSink, real: BlobStore, every: list[str]) -> Callable[[], None]:
    left = [number]

    def watch() -> None:
        proxy, sink.blobs = sink.blobs, real
        assert texts(sink) == every
        sink.blobs = proxy
        if left[0] == 0:
            raise Killed
        left[0] -= 1

    return watch


def test_expire__flagged_hour__gone_with_its_flags(sink: LakeSink, tmp_path: Path) -> None:
    write(sink, row(0))
    close_hours(sink, LATER)

    assert sink.expire(STREAM, before=HOUR + ONE_HOUR) == 1

    assert not (tmp_path / FOLDER).exists()
    write(sink, row(1))
    assert close_hours(sink, LATER) == ["25T09 r2 1"]  # it never goes back


@pytest.mark.slow
def test_close__lake_of_former_times__old_hours_flagged_too(sink: LakeSink) -> None:
    long_ago = HOUR - timedelta(days=300)
    write(sink, row(0, long_ago), row(1))

    assert close_hours(sink, LATER)[-1] == f"{long_ago:%dT%H} r1 1"

    assert newest_flag(sink.blobs, STREAM, long_ago) is not None


def test_close__event_from_the_far_future__never_waited_for(sink: LakeSink) -> None:
    write(sink, row(0), row(1, "9999-12-31T23:59:59Z"))

    assert close_hours(sink, LATER) == ["25T09 r1 1"]
    assert Books(sink.blobs).newest(STREAM)[1].open == {}


A, B = TopicPartition("t", 0), TopicPartition("t", 1)


@pytest.mark.parametrize(
    ("stored", "needed", "is_beyond"),
    [
        ({A: 5, B: 9}, {A: 5, B: 9}, True),
        ({A: 4, B: 9}, {A: 5, B: 9}, False),
        ({A: 10, B: 9}, {A: None, B: 9}, True),  # nothing came since, and all is stored
        ({A: 9, B: 9}, {A: None, B: 9}, False),
        ({A: 10}, {A: None, B: 5}, False),  # nothing of B was ever stored
        ({A: 10, B: 20}, {}, True),
    ],
)
def test_reach__offsets__are_or_are_not_beyond_the_moment(
    stored: dict[TopicPartition, int | None], needed: dict[TopicPartition, int | None], *, is_beyond: bool
) -> None:
    assert Reach(stored, first={A: 0, B: 0}, ends={A: 10, B: 20}).is_beyond(needed) is is_beyond


def test_reach__empty_partition_never_written__is_no_hindrance() -> None:
    reach = Reach({A: None}, first={A: 0}, ends={A: 0})

    assert reach.is_beyond({A: None})


def test_flag__is_json_that_names_the_files(sink: LakeSink, tmp_path: Path) -> None:
    write(sink, row(0))
    close_hours(sink, LATER)

    flag = json.loads((tmp_path / FOLDER / "_revision-00001.json").read_text())

    assert flag == {
        "revision": 1,
        "hour": "2026-11-25T09",
        "since": "2026-11-25T10:10:00+00:00",
        "rows": 1,
        "files": {data(sink)[0]: 1},
    }
