"""Runs a program to its end together with all that it starts: an interruption leaves nothing behind that still writes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

_GONE_SECONDS = 5.0


def run_whole(command: Sequence[str], *, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The finished program with its output. Where the caller is interrupted, the program's whole session is killed first."""
    process = subprocess.Popen(  # noqa: S603  # programs of ours, no text from outside
        list(command),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate()
    except BaseException:
        _end_session(process)
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def _end_session(process: subprocess.Popen[str]) -> None:
    """Kill leader and followers, and wait until the last of them is gone."""
    deadline = time.monotonic() + _GONE_SECONDS
    while time.monotonic() < deadline:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            break
        process.poll()
        time.sleep(0.02)
    process.wait()
