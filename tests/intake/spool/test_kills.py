"""`kill -9` of writers and drainers at any point: the spool stays usable, and nothing that was promised is lost."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from eventplatform import env
from tests.intake.spool.worlds import drained

_PROCESSES = 3


class Host:
    """Intake processes that share a spool."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.made = 0

    def start(self) -> None:
        name = f"process-{self.made}"
        self.made += 1
        command = [sys.executable, "-m", "tests.intake.spool.host_process", str(self.folder), name, "0"]
        output = (self.folder / f"{name}.log").open("wb")
        self.running[name] = subprocess.Popen(command, cwd=env.ROOT, stdout=output, stderr=output)

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def promised(self) -> set[str]:
        return {line for path in self.folder.glob("promised-*") for line in path.read_text().split()}


@contextmanager
def host(folder: Path) -> Iterator[Host]:
    made = Host(folder)
    try:
        for _ in range(_PROCESSES):
            made.start()
        yield made
    finally:
        for name in list(made.running):
            made.kill(name)


def inversions(values: list[str]) -> list[str]:
    """Values whose first copy stands behind a later one of their process."""
    seen: set[str] = set()
    last: dict[str, int] = {}
    found = []
    for value in values:
        name, _, number = value.partition("/")
        if value not in seen and int(number) < last.get(name, -1):
            found.append(value)
        seen.add(value)
        last[name] = max(int(number), last.get(name, -1))
    return found


@pytest.mark.slow
def test_kill_9__of_writers_and_drainers__nothing_promised_is_lost_and_order_holds(tmp_path: Path) -> None:
    seed = time.time_ns() % 1_000_000
    random = Random(seed)  # noqa: S311  # repeatable on purpose
    away = tmp_path / "away"
    kills = 0
    with host(tmp_path) as made:
        deadline = time.monotonic() + 60
        while len(made.promised()) < 500 and time.monotonic() < deadline:
            time.sleep(0.05)
        until = time.monotonic() + 7
        while time.monotonic() < until:
            away.touch() if random.random() < 0.6 else away.unlink(missing_ok=True)
            time.sleep(random.uniform(0.1, 0.6))
            if random.random() < 0.8:
                made.kill(random.choice(sorted(made.running)))
                made.start()
                kills += 1
    left = drained(tmp_path / "spool")

    values = [*(tmp_path / "log").read_text().split(), *(value.split(" ")[0] for value in left)]
    promised = made.promised()
    lost, doubled = promised - set(values), len(values) - len(set(values))
    print(f"seed {seed}: {kills} kills, promised {len(promised)}, lost {len(lost)}, doubled {doubled}, left {len(left)}")  # noqa: T201  # asked for
    assert kills
    assert lost == set()
    assert inversions([value for value in values if value in promised]) == []
    assert doubled <= kills * 1_000  # a batch that was sent, and not yet moved behind
