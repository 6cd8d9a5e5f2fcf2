"""A start ends with its terminal, and one without a terminal goes on."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from eventplatform import env

# As make does: it leads the session, gets SIGHUP, waits for its child and tells it nothing.
STARTER = """
import signal, subprocess, sys
signal.signal(signal.SIGHUP, lambda *_: None)
subprocess.run([sys.executable, *sys.argv[1:]])
"""
WATCHER = """
import pathlib, sys, time
from eventplatform.run.terminal import Terminal
terminal, folder = Terminal(), pathlib.Path(sys.argv[1])
(folder / "up").touch()
deadline = time.monotonic() + float(sys.argv[2])
while not terminal.is_gone and time.monotonic() < deadline:
    time.sleep(0.02)
(folder / ("gone" if terminal.is_gone else "kept")).touch()
"""


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def watcher(tmp_path: Path) -> list[str]:
    return ["-c", WATCHER, str(tmp_path)]


def test_terminal__closed_while_the_starter_waits__is_gone(tmp_path: Path, watcher: list[str]) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(env.ROOT)
        os.execv(sys.executable, [sys.executable, "-c", STARTER, *watcher, "15"])  # noqa: S606  # no shell is the point
    wait_for((tmp_path / "up").exists)

    os.close(terminal)

    wait_for((tmp_path / "gone").exists)
    os.waitpid(pid, 0)


def test_terminal__none_and_starter_gone__goes_on(tmp_path: Path, watcher: list[str]) -> None:
    starter = "import subprocess, sys; subprocess.Popen([sys.executable, *sys.argv[1:]])"

    subprocess.run(
        [sys.executable, "-c", starter, *watcher, "0.5"], cwd=env.ROOT, stdin=subprocess.DEVNULL, check=True, timeout=15
    )

    wait_for((tmp_path / "kept").exists)
