"""The folder of a spool: what is committed comes out in order, whatever happened to the files in between."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from eventplatform import env
from intake.spool import segments
from intake.spool.outlet import Outlet
from intake.spool.position import Position, PositionFile
from intake.spool.room import Room, SpoolFullError
from intake.spool.spool import Spool, SpoolInUseError
from intake.spool.writer import Writer
from tests.intake.spool.worlds import ROOM, append, drained, fill, only_segment


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last)]


def test_spool__filled_and_emptied__leaves_no_segment(tmp_path: Path) -> None:
    fill(tmp_path, numbers(0, 5), numbers(5, 30))

    assert drained(tmp_path) == numbers(0, 30)
    assert segments.listing(tmp_path) == []
    fill(tmp_path, ["again"])
    assert drained(tmp_path) == ["again"]


def test_spool__larger_than_a_segment__rolls_and_drops_what_is_sent(tmp_path: Path) -> None:
    spool = Spool(tmp_path, Room(4 * 1024 * 1024, 0))
    writer = Writer(spool)
    for number in range(10):
        append(spool, writer, *(f"{number}.{part} " + "x" * 9_000 for part in range(10)))
    outlet = Outlet(spool)
    assert len(segments.listing(tmp_path)) > 3

    found = 0
    while not (batch := outlet.read(10)).is_empty:
        outlet.advance(batch)
        assert [int((one.record.value or b"").split(b".")[0]) for one in batch.records] == [found] * 10
        found += 1

    assert found == 10
    assert len(segments.listing(tmp_path)) == 1
    outlet.close()
    writer.close()
    spool.close()


def test_spool__killed_between_sending_and_moving_on__sends_again_from_the_position(tmp_path: Path) -> None:
    fill(tmp_path, numbers(0, 20))
    spool = Spool(tmp_path, ROOM)
    outlet = Outlet(spool)
    outlet.advance(outlet.read(5))
    outlet.read(5)
    outlet.close()
    spool.close()

    assert drained(tmp_path) == numbers(5, 20)


@pytest.mark.parametrize("name", ["position", "board"])
@pytest.mark.parametrize("damage", ["gone", "empty", "half", "flipped", "noise"])
def test_spool__index_damaged__nothing_lost(tmp_path: Path, name: str, damage: str) -> None:
    fill(tmp_path, numbers(0, 9))
    path = tmp_path / name
    text = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        changed = {"empty": b"", "half": text[: len(text) // 2], "flipped": bytes(255 - byte for byte in text)}
        path.write_bytes(changed.get(damage, os.urandom(5000)))

    assert drained(tmp_path) == numbers(0, 9)
    fill(tmp_path, ["again"])
    assert drained(tmp_path) == ["again"]


def test_spool__position_lost_midway__sends_the_segment_again_rather_than_forgetting(tmp_path: Path) -> None:
    fill(tmp_path, numbers(0, 9))
    spool = Spool(tmp_path, ROOM)
    outlet = Outlet(spool)
    outlet.advance(outlet.read(5))
    outlet.close()
    spool.close()
    (tmp_path / "position").unlink()

    assert drained(tmp_path) == numbers(0, 9)


def test_position__torn_write__keeps_the_one_before(tmp_path: Path) -> None:
    file = PositionFile(tmp_path / "position")
    file.write(Position(3, 100))
    file.write(Position(3, 200))
    text = bytearray((tmp_path / "position").read_bytes())
    text[5] ^= 255  # the second slot is the first of the file
    (tmp_path / "position").write_bytes(text)
    file.close()

    again = PositionFile(tmp_path / "position")

    assert again.read() == Position(3, 100)
    again.write(Position(3, 300))
    assert again.read() == Position(3, 300)
    again.close()


def test_spool__record_damaged__is_kept_with_its_bytes_and_the_others_come_out(tmp_path: Path) -> None:
    fill(tmp_path, numbers(100, 110))
    path = only_segment(tmp_path)
    data = bytearray(path.read_bytes())
    at = data.find(b"105")
    data[at] ^= 0x10
    path.write_bytes(data)

    assert drained(tmp_path) == [*numbers(100, 105), *numbers(106, 110)]
    (kept,) = (tmp_path / "quarantine").glob("*.jsonl")
    (entry,) = map(orjson.loads, kept.read_bytes().splitlines())
    assert entry["reason"] == "damaged"
    assert b"105"[1:] in base64.b64decode(entry["bytes"])
    spool = Spool(tmp_path, ROOM)
    assert spool.board.damaged == 1
    spool.close()


def test_spool__header_of_a_segment_damaged__nothing_lost(tmp_path: Path) -> None:
    fill(tmp_path, numbers(0, 9))
    path = only_segment(tmp_path)
    data = bytearray(path.read_bytes())
    data[: segments.HEADER_BYTES] = os.urandom(segments.HEADER_BYTES)
    path.write_bytes(data)

    assert drained(tmp_path) == numbers(0, 9)


def test_spool__segment_of_a_later_release__is_kept_whole_and_blocks_nothing(tmp_path: Path) -> None:
    fill(tmp_path, ["old"])
    path = only_segment(tmp_path)
    path.rename(path.with_name(path.name.replace(".v1.", ".v2.")))
    fill(tmp_path, ["new"])

    assert drained(tmp_path) == ["new"]
    assert [one.name.split(".")[1] for one in (tmp_path / "quarantine").iterdir()] == ["v2"]


def test_quarantine__disk_takes_no_more__the_whole_segment_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, numbers(100, 103))
    path = only_segment(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"101", b"1x1"))

    def full(*_: object) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr("intake.spool.quarantine.Quarantine.keep", full)

    assert drained(tmp_path) == ["100", "102"]
    assert [one.name for one in (tmp_path / "quarantine").iterdir()] == [path.name]


def test_writer__killed_in_the_middle__leaves_a_torn_end_and_the_next_begins_a_new_segment(tmp_path: Path) -> None:
    fill(tmp_path, ["before"])
    path = only_segment(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[segments.HEADER_BYTES :][:25])
    fill(tmp_path, ["after"])

    assert len(segments.listing(tmp_path)) == 2
    assert drained(tmp_path) == ["before", "after"]
    (kept,) = (tmp_path / "quarantine").iterdir()
    assert orjson.loads(kept.read_bytes())["reason"] == "torn"


def test_outlet__somebody_is_writing__reads_what_is_committed_only(tmp_path: Path) -> None:
    fill(tmp_path, ["one"])
    path = only_segment(tmp_path)
    path.write_bytes(path.read_bytes() + b"half a record")
    spool = Spool(tmp_path, ROOM)
    outlet = Outlet(spool)

    batch = outlet.read(10)
    outlet.advance(batch)

    assert len(batch.records) == 1
    assert batch.damages == []
    assert outlet.read(10).is_empty
    assert len(outlet.read(10, is_alone=True).damages) == 1
    outlet.close()
    spool.close()


def test_recount__after_a_crash__says_what_waits(tmp_path: Path) -> None:
    fill(tmp_path, numbers(0, 20), numbers(20, 50))
    (tmp_path / "board").unlink()
    spool = Spool(tmp_path, ROOM)
    outlet = Outlet(spool)

    assert spool.board.is_pending
    assert spool.board.records == 0
    assert outlet.recount() == 50
    assert spool.board.records == 50
    assert spool.board.bytes > 50
    outlet.close()
    spool.close()


def test_room__held_or_disk__is_full_before_it_ends(tmp_path: Path) -> None:
    spool = Spool(tmp_path, Room(2_000, 0))
    writer = Writer(spool)
    append(spool, writer, "x" * 1_500)

    assert 0.7 < spool.used < 1
    with pytest.raises(SpoolFullError):
        append(spool, writer, "x" * 1_500)
    writer.close()
    spool.close()
    with pytest.raises(SpoolFullError):
        Room(2_000, 2**60).require(tmp_path, 0, 1)
    assert Room(2_000, 2**60).used(tmp_path, 0) == 1


def test_disk__full_in_the_middle_of_a_write__nothing_of_the_group_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path, ROOM)
    writer = Writer(spool)
    append(spool, writer, "kept")
    real = os.pwrite
    with monkeypatch.context() as patch:

        def short(descriptor: int, data: bytes, at: int) -> int:
            if len(data) > 20:
                return real(descriptor, data[:20], at)
            raise OSError(28, "No space left on device")

        patch.setattr(os, "pwrite", short)
        with pytest.raises(OSError, match="No space"):
            append(spool, writer, "lost")
    append(spool, writer, "later")
    writer.close()
    spool.close()

    assert drained(tmp_path) == ["kept", "later"]
    assert not (tmp_path / "quarantine").exists()


_HOLD = """
import sys, time
from pathlib import Path
from intake.spool.spool import Spool
spool = Spool(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


def test_spool__two_processes_open_it__one_that_wants_it_alone_is_told_who(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path)], cwd=env.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout
    assert other.stdout.readline() == b"open\n"

    Spool(tmp_path, ROOM).close()
    with pytest.raises(SpoolInUseError, match="in use by process"):
        Spool(tmp_path, ROOM, is_alone=True)
    other.kill()
    other.wait()
    Spool(tmp_path, ROOM, is_alone=True).close()
