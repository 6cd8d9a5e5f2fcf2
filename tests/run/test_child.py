"""A role's process: restarts with a growing delay, stops, leaves nothing."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventplatform import env
from eventplatform.run import child as child_module
from eventplatform.run import leftovers
from eventplatform.run.child import Child
from eventplatform.run.roles import Role

pytestmark = pytest.mark.slow

SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "log").mkdir()
    yield tmp_path
    leftovers.end(tmp_path, gentle_seconds=0)


def make(var: Path, script: str) -> Child:
    environment = env.child({leftovers.MARK: str(var), "PROMETHEUS_MULTIPROC_DIR": str(var / "metrics/role")})
    return Child(Role("role", (sys.executable, "-c", script)), environment, var)


def tend_until(child: Child, text: str, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while text not in child.tend():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_tend__process_ended__said_once_and_started_again_with_growing_delay(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "_FIRST_DELAY_SECONDS", 0.1)
    child = make(var, "raise SystemExit(3)")
    child._delay = 0.5
    child.start()

    tend_until(child, "role ended (exit 3")
    assert child.tend() == ""
    tend_until(child, "starting it again in 2 s")


def test_tend__process_killed__what_it_counted_stays_unless_it_fails_again_and_again(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "_FIRST_DELAY_SECONDS", 0.02)
    old, counted = var / "metrics/role/old.db", var / "metrics/role/counter_1.db"
    old.parent.mkdir(parents=True)
    old.touch()
    child = make(var, SLEEP)
    child.start()
    assert not old.exists()  # of another run
    counted.touch()

    child._delay = 0.02
    child.signal(signal.SIGKILL)
    tend_until(child, "ended")
    until_running(child)
    assert counted.exists()

    child.signal(signal.SIGKILL)
    tend_until(child, "ended")
    monkeypatch.setattr(child_module, "_KEEPS_COUNTS_SECONDS", 0.0)
    until_running(child)
    assert not counted.exists()


def until_running(child: Child, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not child.is_running:
        child.tend()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_signal__kill__takes_the_whole_session(var: Path) -> None:
    child = make(var, f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEP!r}])")
    child.start()
    deadline = time.monotonic() + 10
    while len(leftovers.find(var)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)

    child.signal(signal.SIGKILL)

    assert child.wait(5)
    while leftovers.find(var):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_leftovers_end__stubborn_process__killed(var: Path) -> None:
    child = make(var, f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); {SLEEP}")
    child.start()
    deadline = time.monotonic() + 10
    while "up" not in child.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)

    assert leftovers.end(var, gentle_seconds=0.3) == 1

    assert leftovers.find(var) == []
    assert child.wait(1)


def test_rotate_log__too_large__copied_and_emptied(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "_LOG_BYTES", 10)
    child = make(var, SLEEP)
    child.log.write_text("a line that is long enough\n")

    child.rotate_log()

    assert child.log.read_text() == ""
    assert "long enough" in child.log.with_suffix(".log.1").read_text()
