"""What a piece of work costs, measured in a child process of its own: processor time, and memory at its peak."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from eventplatform.core.errors import RejectedError


@dataclass(frozen=True)
class Cost:
    """`end` is the code of the refusal, or what the work returned."""

    end: str
    seconds: float
    megabytes: float


def cost_of(work: Callable[[], object]) -> Cost:
    if not sys.platform.startswith("linux"):
        pytest.skip("reads the kernel's own account of the peak")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _measure(work, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        end, seconds, megabytes = told.read().split("\t")
    os.waitpid(child, 0)
    return Cost(end, float(seconds), float(megabytes))


def _measure(work: Callable[[], object], writing: int) -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
        before, started = _kilobytes("VmRSS"), time.process_time()
        try:
            end = str(work())
        except RejectedError as error:
            end = error.code
        seconds, megabytes = time.process_time() - started, (_kilobytes("VmHWM") - before) / 1000
        os.write(writing, f"{end}\t{seconds}\t{megabytes}".encode())
    except BaseException as error:  # noqa: BLE001  # a child of the test must end here, whatever happens
        os.write(writing, f"{error!r}\t0\t0".encode())
    finally:
        os._exit(0)


def _kilobytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))
