"""The files that processes of a role count into: what the dead left there is kept in one file, so that the folder stays small.

A worker that is killed has counted up to its last moment, since its file is memory that the system keeps. Its numbers move
into `…_dead-<n>.db` in two steps, so that a scrape that is killed half way neither loses nor doubles one: the sum is written
beside, then a note names what it stands for, which is the moment that counts; the rest can be done by whoever comes next.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import mark_process_dead

from eventplatform.processes import is_alive

_KINDS = ("counter", "histogram", "gauge_mostrecent")
_LEAST = 8  # dead files before they are merged: each scrape would write the sum anew while workers come and go
_NOTE = "merged.json"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Alone with the folder among all who scrape it."""
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # the system lets go of it where the process dies
        _finish(folder)
        yield


def bury_the_dead(folder: Path) -> None:
    """Remove the live gauges of processes that are gone; their counters stay, since what was counted did happen."""
    for path in folder.glob("gauge_live*.db"):
        pid = _pid(path)
        if pid is not None and not is_alive(pid):
            mark_process_dead(pid, path=str(folder))  # type: ignore[no-untyped-call]  # the library's own


def merge_the_dead(folder: Path) -> None:
    """Move the numbers of processes that are gone into one file of each kind; for who holds the folder."""
    for kind in _KINDS:
        found = [path for path in folder.glob(f"{kind}_*.db") if (pid := _pid(path)) is not None and not is_alive(pid)]
        empty = [path for path in found if not path.stat().st_size]  # killed in the moment in which it made the file
        for path in empty:
            path.unlink()
        if len(found) - len(empty) >= _LEAST:
            _merge(folder, kind, [path for path in found if path not in empty])


def _merge(folder: Path, kind: str, dead: Iterable[Path]) -> None:
    before = [*folder.glob(f"{kind}_dead-*.db")]
    number = max((int(path.stem.rpartition("-")[2]) for path in before), default=0) + 1
    gone = [*before, *dead]
    made = folder / f"{kind}_dead-{number}.db"
    beside = made.with_suffix(".new")
    beside.unlink(missing_ok=True)
    sums = MmapedDict(str(beside))  # type: ignore[no-untyped-call]  # the library's own
    for path in gone:
        for key, value, at, _ in MmapedDict.read_all_values_from_file(str(path)):  # type: ignore[no-untyped-call]  # likewise
            held_value, held_at = sums.read_value(key)  # type: ignore[no-untyped-call]  # likewise
            if not kind.startswith("gauge"):
                sums.write_value(key, held_value + value, 0.0)  # type: ignore[no-untyped-call]  # likewise
            elif at >= held_at:
                sums.write_value(key, value, at)  # type: ignore[no-untyped-call]  # likewise
    sums.close()  # type: ignore[no-untyped-call]  # likewise
    note = folder / f"{_NOTE}.new"
    note.write_text(json.dumps({"made": made.name, "gone": [path.name for path in gone]}))
    note.rename(folder / _NOTE)
    _finish(folder)


def _finish(folder: Path) -> None:
    """Do what a note says is left to do; nothing where there is none."""
    note = folder / _NOTE
    if not note.exists():
        return
    said = json.loads(note.read_text())
    made = folder / said["made"]
    beside = made.with_suffix(".new")
    if beside.exists():
        beside.rename(made)
    for name in said["gone"]:
        (folder / name).unlink(missing_ok=True)
    note.unlink()


def _pid(path: Path) -> int | None:
    text = path.stem.rpartition("_")[2]
    return int(text) if text.isdigit() else None
