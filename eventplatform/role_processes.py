"""What the living processes of a role take of this machine: memory and open files, out of /proc where there is one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import Metric

from eventplatform.core.metrics import ROLE_FILES, ROLE_PROCESSES, ROLE_RESIDENT

_PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def families(role: str, pids: Iterable[int]) -> list[Metric]:
    """Three gauges, sums over the processes that can be read."""
    taken = [found for pid in pids if (found := _taken(pid)) is not None]
    if not taken:
        return []
    files, resident = sum(one[0] for one in taken), sum(one[1] for one in taken)
    of_role = (role,)
    return [
        ROLE_PROCESSES.family({of_role: len(taken)}),
        ROLE_RESIDENT.family({of_role: resident}),
        ROLE_FILES.family({of_role: files}),
    ]


def writing_into(folder: Path) -> list[int]:
    """The living processes that count into files of this folder; a number that went to another process is not among them."""
    numbers = {path.stem.rpartition("_")[2] for path in folder.glob("*.db")}
    mark = os.fsencode(f"{_FOLDER}={folder}")
    return [int(number) for number in numbers if number.isdigit() and _has(int(number), mark)]


def _has(pid: int, mark: bytes) -> bool:
    try:
        return mark in (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:  # it ended, or belongs to somebody else
        return False


def _taken(pid: int) -> tuple[int, int] | None:
    process = _PROC / str(pid)
    try:
        pages = int((process / "statm").read_text().split()[1])
        return len(list((process / "fd").iterdir())), pages * _PAGE
    except OSError:  # likewise
        return None
