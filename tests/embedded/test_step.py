from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from eventplatform.embedded.step import run_whole


class AskedToStopError(BaseException):
    pass


def test_run_whole__program_ends__code_and_output() -> None:
    done = run_whole(["/bin/sh", "-c", "echo said; echo wrong >&2; exit 3"])

    assert (done.returncode, done.stdout, done.stderr) == (3, "said\n", "wrong\n")


def test_run_whole__interrupted__its_followers_are_gone_too(tmp_path: Path) -> None:
    # The follower would go on writing after its leader's death, as initdb's backend does.
    follower = "import time\nwhile True:\n open('beat', 'w').close()\n time.sleep(0.01)"
    script = f'{sys.executable} -c "{follower}" & wait'

    def stop(*_: object) -> None:
        raise AskedToStopError

    former = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        with pytest.raises(AskedToStopError):
            run_whole(["/bin/sh", "-c", script], cwd=tmp_path)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)

    assert (tmp_path / "beat").exists()
    (tmp_path / "beat").unlink()
    left = [entry for entry in Path("/proc").glob("[0-9]*/cwd") if points_to(entry, tmp_path)]
    assert left == []
    assert not (tmp_path / "beat").exists()


def points_to(link: Path, folder: Path) -> bool:
    try:
        return link.readlink() == folder
    except OSError:
        return False
