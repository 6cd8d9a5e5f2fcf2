"""Every sink: two writers at once, `kill -9` at each fault point; every record arrives, once. KILLS=20 kills more often."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from eventplatform import env
from tests.contracts.killed_writer import POINTS, STREAM, Spec, canary_id
from tests.contracts.stores.base import Store, make, module, sink_kinds

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_FEW, _MANY = 3, env.number("KILLS", 5)
_ROWS = 600  # of one stage: time for a kill in the middle


def cases() -> Iterator[Any]:
    """Light stores three times in `make test`; all of them more often in `make test-services`."""
    for kind in sink_kinds():
        marks = list(kind.marks)
        if not marks:
            yield pytest.param(kind.id, _FEW, id=f"{kind.id}-few")
        yield pytest.param(kind.id, _MANY, id=f"{kind.id}-many", marks=[*marks, pytest.mark.services])


class Writer:
    """A child of `killed_writer`."""

    def __init__(self, folder: Path, spec: Spec) -> None:
        file = folder / f"spec-{spec.seed}"
        file.write_bytes(pickle.dumps(spec))
        command = [sys.executable, "-m", "tests.contracts.killed_writer", str(file)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": settings.BASE_DIR}
        self._process = subprocess.Popen(command, **pipes)
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    def begin(self, upto: int) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{upto}\n")
        self._process.stdin.flush()

    def wait(self) -> bool:
        """Until it is done (True) or dead by its own kill."""
        assert self._process.stdout
        if self._process.stdout.readline().strip() == "done":
            return True
        assert self._process.wait(30) == -signal.SIGKILL
        return False

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.mark.parametrize(("kind", "kills"), list(cases()))
def test_kill_9__two_writers_at_every_fault_point__nothing_lost_or_doubled(
    kind: str, kills: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    (tmp_path / "store").mkdir()
    store = make(kind, request, tmp_path / "store")
    rows = getattr(module(kind), "ROWS", _ROWS)

    died = killed(store, kind, kills, rows, tmp_path)

    upto = rows * (kills + 1)
    expected = sorted(f"t{offset}" for offset in range(upto) if canary_id(offset) is None)
    texts = store.texts(STREAM)
    doubled = len(texts) - len(set(texts))
    print(f"{kind}: killed {died}, {len(texts)} of {len(expected)} rows, {doubled} doubled")  # noqa: T201  # the figures are asked for
    assert sorted(texts) == expected
    assert sorted(store.canaries()) == sorted((STREAM, one) for one in map(canary_id, range(upto)) if one)
    assert len(died) == kills


def killed(store: Store, kind: str, kills: int, rows: int, folder: Path) -> list[str]:
    """Write in stages; in each, one of the two writers is killed. The points at which that was."""
    commit, largest = module(kind).COMMIT, max(rows // 12, 1)
    rival = Writer(folder, Spec(store, commit, largest, seed=0))
    died: list[str] = []
    try:
        for number in range(kills):
            point = POINTS[number % len(POINTS)]
            victim = Writer(folder, Spec(store, commit, largest, number + 1, point, occurrence=1 + number % 2))
            rival.begin(rows * number + rows // 2)  # at once with the victim, but it leaves enough for that one to die at
            victim.begin(rows * (number + 1))
            is_done = victim.wait()
            victim.end()
            assert rival.wait()
            died += [] if is_done else [point]
            rival.begin(rows * (number + 1))
            assert rival.wait()
        rival.begin(rows * (kills + 1))
        assert rival.wait()
    finally:
        rival.end()
    return died
