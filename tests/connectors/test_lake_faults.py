"""Stores below a lake that are away, throttle, lose answers or are full: nothing is lost, doubled or seen half."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.sinks import files
from connectors.sinks.base import StoreDeniedError, StoreUnavailableError
from connectors.stores import lake_log
from connectors.stores.lake_blobs import KeyRefusedError, OutsideError
from connectors.stores.lake_local import LocalBlobs
from connectors.stores.lake_log import FencedLog
from connectors.stores.lake_sink import LakeSink
from tests.connectors.lakes import HOUR, LATER, WHERE, close_hours, row, texts, write
from tests.connectors.s3_proxy import S3Proxy
from tests.contracts.stores.s3 import S3Store
from tests.free_ports import free_ports
from tests.servers.s3 import Buckets


@pytest.fixture
def proxy(moto_server: Buckets) -> Iterator[S3Proxy]:
    with S3Proxy(moto_server.url).running() as running:
        yield running


@pytest.fixture
def store(moto_server: Buckets, proxy: S3Proxy, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    """A bucket behind the proxy, of whose faults the client hears again at once."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
    return S3Store(replace(moto_server.fresh_bucket(), endpoint_url=proxy.url))


def lake(store: S3Store) -> LakeSink:
    made = store.sink()
    assert isinstance(made, LakeSink)
    return made


@pytest.mark.slow
def test_s3__throttles_now_and_then__goes_on(store: S3Store, proxy: S3Proxy) -> None:
    seen: list[str] = []

    def every_third(_method: str, path: str) -> str | None:
        seen.append(path)
        return "slow_down" if len(seen) % 3 == 0 else None

    proxy.fault = every_third  # type: ignore[assignment]  # the words are a fault's
    with lake(store) as sink:
        write(sink, row(0))
        write(sink, row(1))

        assert texts(sink) == ["t0", "t1"]


@pytest.mark.slow
def test_s3__throttles_all_writes__retriable_and_nothing_seen_until_it_ends(store: S3Store, proxy: S3Proxy) -> None:
    with lake(store) as sink:
        sink.position(WHERE)
        proxy.fault = lambda method, _path: "slow_down" if method == "PUT" else None
        with pytest.raises(StoreUnavailableError, match="SlowDown"):
            write(sink, row(0))
        proxy.fault = lambda _method, _path: None

        assert texts(sink) == []
        write(sink, row(0))
        assert texts(sink) == ["t0"]


@pytest.mark.slow
@pytest.mark.parametrize("part", ["_offsets/s", ".staging", "s/year"])
def test_s3__answer_lost__written_once(store: S3Store, proxy: S3Proxy, part: str) -> None:
    """Also of the commit: the client sends it again, and is told that the name is taken, by itself."""
    lost: list[str] = []

    def once(method: str, path: str) -> str | None:
        if method == "PUT" and part in path and not lost:
            lost.append(path)
            return "lose_answer"
        return None

    with lake(store) as sink:
        proxy.fault = once  # type: ignore[assignment]  # the words are a fault's
        write(sink, row(0))
        write(sink, row(1))

        assert (texts(sink), len(lost)) == (["t0", "t1"], 1)


@pytest.mark.slow
def test_s3__away__retriable_within_seconds(store: S3Store) -> None:
    away = replace(store.target, endpoint_url=f"http://127.0.0.1:{free_ports(1)}")

    with pytest.raises(StoreUnavailableError):
        S3Store(away).sink().open()


@pytest.mark.slow
def test_s3__no_such_bucket__turned_away(store: S3Store) -> None:
    with pytest.raises(StoreDeniedError, match="NoSuchBucket"):
        S3Store(replace(store.target, bucket="no-such-bucket")).sink().open()


@pytest.mark.slow
def test_s3__prefix_and_hours__as_in_a_folder(store: S3Store) -> None:
    with lake(S3Store(replace(store.target, prefix="raw/events"), {"compression": "gzip"})) as sink:
        for offset in range(3):
            write(sink, row(offset))

        assert close_hours(sink, LATER) == ["25T09 r1 3"]
        assert sink.expire("s", before=HOUR.replace(hour=10)) == 1

    found = store.keys()
    assert {key[: len("raw/events/")] for key in found} == {"raw/events/"}


@pytest.mark.services
def test_files__disk_full__retriable_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], check=False).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        with files.FilesSink("c1", files.Target(str(disk)), files.Options()) as sink:
            write(sink, row(0))
            ballast = disk / "ballast"
            with ballast.open("wb", buffering=0) as full, suppress(OSError):
                while full.write(bytes(4096)):
                    pass
            with pytest.raises(StoreUnavailableError, match="No space"):
                write(sink, row(1, text="x" * 100_000))
            assert texts(sink) == ["t0"]
            ballast.unlink()
            write(sink, row(1))

            assert texts(sink) == ["t0", "t1"]
            assert [path for path in (disk / ".staging").rglob("*") if path.is_file()] == []
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("key", ["../up", "a/../../up", "/etc/passwd", "a//b", "", "a/./b", "a\x00b", "a\\b"])
def test_key__that_leads_out__refused(tmp_path: Path, key: str) -> None:
    blobs = LocalBlobs(str(tmp_path / "root"))
    blobs.open()

    with pytest.raises(KeyRefusedError):
        blobs.write(key, b"x")
    with pytest.raises(KeyRefusedError):
        blobs.read(key)


def test_link__that_leads_out_of_the_root__neither_written_nor_read_nor_deleted_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("precious")
    blobs = LocalBlobs(str(tmp_path / "root"))
    blobs.open()
    (tmp_path / "root" / "s").symlink_to(outside)

    for use in (
        lambda: blobs.write("s/new", b"x"),
        lambda: blobs.create_if_absent("s/new", b"x"),
        lambda: blobs.read("s/precious"),
        lambda: blobs.delete("s/precious"),
        lambda: blobs.move("s/precious", "taken"),
    ):
        with pytest.raises(OutsideError):
            use()
    with pytest.raises(OutsideError):
        blobs.delete_folder("s")
    with pytest.raises(OutsideError):
        list(blobs.files("s"))

    assert [path.name for path in outside.iterdir()] == ["precious"]


def test_root__itself_a_link__is_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "root").symlink_to(tmp_path / "disk")
    blobs = LocalBlobs(str(tmp_path / "root"))
    blobs.open()

    blobs.write("a/b", b"x")

    assert (tmp_path / "disk/a/b").read_bytes() == b"x"


def test_log__very_many_names__newest_found_from_a_hint_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lake_log, "_MANY", 10)
    blobs = LocalBlobs(str(tmp_path))
    blobs.open()
    log = FencedLog(blobs, "log")
    newest = []
    for number in range(100):
        log.append(f"{number:04d}", b"%d" % number)
        newest.append(log.newest())

    assert newest == [(f"{number:04d}", b"%d" % number) for number in range(100)]
    (hint,) = blobs.names("log/~hints")
    log.prune([f"{number:04d}" for number in range(99)])
    assert log.newest() == ("0099", b"99")
    assert hint > "0090"


def test_log__pruned_name_taken_again__lost_all_the_same(tmp_path: Path) -> None:
    blobs = LocalBlobs(str(tmp_path))
    blobs.open()
    log = FencedLog(blobs, "log")
    for name in ("0001", "0002", "0003"):
        assert log.append(name, b"{}")
    log.prune(["0001", "0002"])

    assert not log.append("0002", b"{}")
    assert log.newest() == ("0003", b"{}")
