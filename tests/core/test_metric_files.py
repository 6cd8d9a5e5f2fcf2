"""What dead processes counted is kept in one file, whatever moment a scrape is killed in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector

from eventplatform import env, metric_files

NO_PROCESS = 4_194_305  # above the largest id that Linux gives


def counted(
    folder: Path, pid: int, number: float, *, kind: str = "counter", name: str = "things_total", at: float = 0.0
) -> Path:
    """A file as a process of that id leaves it."""
    path = folder / f"{kind}_{pid}.db"
    file = MmapedDict(str(path))  # type: ignore[no-untyped-call]  # the library's own
    file.write_value(mmap_key(name.removesuffix("_total"), name, [], [], "x"), number, at)  # type: ignore[no-untyped-call]  # likewise
    file.close()  # type: ignore[no-untyped-call]  # likewise
    return path


def scraped(folder: Path) -> str:
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]  # likewise
    return generate_latest(registry).decode()


def merge(folder: Path) -> None:
    with metric_files.held(folder):
        metric_files.merge_the_dead(folder)


def test_merge__a_hundred_dead_workers__two_files_and_every_count(tmp_path: Path) -> None:
    alive = counted(tmp_path, os.getpid(), 5)
    for number in range(100):
        counted(tmp_path, NO_PROCESS + number, 1)
        merge(tmp_path)

    assert "things_total 105.0" in scraped(tmp_path)
    assert len(list(tmp_path.glob("*.db"))) <= 10
    assert alive.exists()


def test_merge__gauges__the_newest_stays(tmp_path: Path) -> None:
    for number in range(9):
        counted(tmp_path, NO_PROCESS + number, number, kind="gauge_mostrecent", name="lag", at=100.0 - abs(number - 4))
    merge(tmp_path)

    assert "lag 4.0" in scraped(tmp_path)
    assert len(list(tmp_path.glob("*.db"))) == 1


def test_merge__file_of_a_process_that_died_making_it__is_removed(tmp_path: Path) -> None:
    (tmp_path / f"counter_{NO_PROCESS}.db").touch()
    merge(tmp_path)

    assert list(tmp_path.glob("*.db")) == []


@pytest.mark.parametrize("step", ["before the note", "before the renaming", "among the removals"])
def test_merge__killed_half_way__the_next_scrape_finds_every_count_once(tmp_path: Path, step: str) -> None:
    for number in range(8):
        counted(tmp_path, NO_PROCESS + number, 1)
    whole = tmp_path / "whole"
    shutil.copytree(tmp_path, whole)
    merge(whole)  # what the killed one had been about to leave
    names = sorted(path.name for path in tmp_path.glob("*.db"))
    shutil.copy(whole / "counter_dead-1.db", tmp_path / "counter_dead-1.new")
    if step != "before the note":
        (tmp_path / "merged.json").write_text(json.dumps({"made": "counter_dead-1.db", "gone": names}))
    if step == "among the removals":
        (tmp_path / "counter_dead-1.new").rename(tmp_path / "counter_dead-1.db")
        (tmp_path / names[0]).unlink()

    merge(tmp_path)

    assert "things_total 8.0" in scraped(tmp_path)
    assert [path.name for path in tmp_path.glob("*.db")] == ["counter_dead-1.db"]


def test_bury_the_dead__living_process__keeps_its_gauge(tmp_path: Path) -> None:
    mine = tmp_path / f"gauge_livemax_{os.getpid()}.db"
    mine.touch()

    metric_files.bury_the_dead(tmp_path)

    assert mine.exists()


COUNT_AND_DIE = """
import os, signal
from prometheus_client import Counter
Counter("things", "x").inc(3)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_counts__of_a_process_that_is_killed__stay(tmp_path: Path) -> None:
    environment = env.child({"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)})
    for _ in range(2):
        subprocess.run([sys.executable, "-c", COUNT_AND_DIE], env=environment, check=False)
    merge(tmp_path)

    assert "things_total 6.0" in scraped(tmp_path)
