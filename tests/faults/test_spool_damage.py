"""F9: the spool's files cut, flipped, zeroed and taken away at random: start never fails, only what was hit is lost."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from intake.spool import segments
from intake.spool.room import Room
from intake.spool.scanner import scan
from intake.spool.spool import Spool
from intake.spool.writer import Writer
from tests.faults.verifying import tell
from tests.intake.spool import worlds
from tests.intake.spool.worlds import FallibleProducer, Sent, append, durable, record, until

_ROOM = Room(4 * 1024 * 1024, 0)  # segments of 256 KiB


class Place(NamedTuple):
    """Where a record lies."""

    value: str
    path: str
    start: int
    end: int


class Hit(NamedTuple):
    """What was damaged: a range of a file, and whether its end was cut off."""

    path: str
    start: int
    end: int
    what: str


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spool")
    spool = Spool(folder, _ROOM)
    writer, random = Writer(spool), Random(9)  # noqa: S311  # repeatable on purpose
    number = 0
    while number < 600:
        group = range(number, number + random.randint(1, 20))
        append(spool, writer, *(f"{one} " + "x" * random.randint(0, 2_500) for one in group))
        number = group.stop
    writer.close()
    spool.close()
    return folder


def places(folder: Path) -> list[Place]:
    found = []
    for segment in segments.listing(folder):
        data = segment.path.read_bytes()
        for frame in scan(data, segment.marker, start=segments.HEADER_BYTES):
            value = data[frame.start : frame.end]
            number = value[value.find(b"tk") + 2 :].split(b" ", 1)[0].decode()  # topic t, key k
            found.append(Place(number, segment.path.name, frame.start, frame.end))
    return found


def cut(path: Path, random: Random) -> Hit:
    size = path.stat().st_size
    at = random.randint(0, size)
    with path.open("r+b") as file:
        file.truncate(at)
    return Hit(path.name, at, size, "cut")


def flip(path: Path, random: Random) -> Hit:
    data = bytearray(path.read_bytes())
    at = random.randrange(len(data))
    end = min(at + random.choice([1, 1, 1, 8, 64]), len(data))
    for place in range(at, end):
        data[place] ^= random.randint(1, 255)
    path.write_bytes(data)
    return Hit(path.name, at, end, "flipped")


def zero(path: Path, random: Random) -> Hit:
    data = bytearray(path.read_bytes())
    at = random.randrange(len(data)) // 512 * 512
    end = min(at + random.choice([512, 4096]), len(data))
    data[at:end] = bytes(end - at)
    path.write_bytes(data)
    return Hit(path.name, at, end, "zeroed")


def remove_index(path: Path, random: Random) -> Hit:
    for name in random.choice([["board"], ["position"], ["board", "position"]]):
        (path.parent / name).unlink()
    return Hit("", 0, 0, "index deleted")


_DAMAGES: list[Callable[[Path, Random], Hit]] = [cut, cut, cut, flip, flip, flip, zero, remove_index]


def suffer(filled: Path, folder: Path, random: Random, *, is_live: bool) -> tuple[Hit, set[str], int]:
    """Damage a copy and drain it: what was hit, which values are lost, and how many places were set aside."""
    shutil.copytree(filled, folder)
    hit = random.choice(_DAMAGES)(random.choice(segments.listing(folder)).path, random)
    known = places(filled)
    found = drained_live(folder) if is_live else drained(folder)
    spool = Spool(folder, _ROOM)
    aside = spool.board.damaged
    spool.close()
    values = [place.value for place in known]
    lost = set(values) - set(found)
    touched = {place.value for place in known if place.path == hit.path and place.start < hit.end and place.end > hit.start}
    assert found == [value for value in values if value not in lost], f"order or an invention after {hit}"
    assert lost <= touched, f"{hit} cost {sorted(lost - touched)[:5]} too"
    shutil.rmtree(folder)
    return hit, lost, aside


def drained(folder: Path) -> list[str]:
    return [value.split(" ")[0] for value in worlds.drained(folder, batch_records=200)]


def drained_live(folder: Path) -> list[str]:
    """Two processes' producers open it at once; the records come out through whichever is first."""
    inner = FallibleProducer()
    both = [durable(folder, inner, room=_ROOM) for _ in range(2)]
    until(lambda: all(one.status()["state"] == "empty" for one in both), "an empty spool")
    assert Sent(both[0], record("after")).words() == ["log"]
    for one in both:
        one.close()
    return [value.split(" ")[0] for value in inner.values() if value != "after"]


def check(filled: Path, folder: Path, times: int) -> None:
    seed = time.time_ns() % 1_000_000
    random = Random(seed)  # noqa: S311  # repeatable on purpose
    slowest, lost, unnoticed, kinds = 0.0, 0, 0, dict[str, int]()
    for turn in range(times):
        began = time.monotonic()
        hit, gone, aside = suffer(filled, folder / str(turn), random, is_live=turn % 25 == 0)
        slowest = max(slowest, time.monotonic() - began)
        lost += len(gone)
        kinds[hit.what] = kinds.get(hit.what, 0) + 1
        # A cut between two records leaves nothing to be seen.
        unnoticed += bool(gone) and not aside
        assert aside or not gone or hit.what == "cut"
    tell(f"F9, seed {seed}: {kinds}; lost {lost} that were hit, no others; inversions 0, doubled 0; {unnoticed} clean cuts")
    tell(f"F9: slowest start and drain {slowest:.2f} s")
    assert slowest < 10


@pytest.mark.slow
def test_spool__damaged_200_times__only_what_was_hit_is_lost(filled: Path, tmp_path: Path) -> None:
    check(filled, tmp_path, 200)


@pytest.mark.faults
def test_spool__damaged_2000_times__only_what_was_hit_is_lost(filled: Path, tmp_path: Path) -> None:
    check(filled, tmp_path, 2_000)
