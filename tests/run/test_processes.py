"""Other processes of this machine come first, whatever the kernel weighs against each other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from eventplatform import env
from eventplatform.processes import step_back

_STEP_BACK = """
import os
from eventplatform.processes import step_back
step_back(3)
print(os.nice(0))
print(open("/proc/self/autogroup").read())
"""
_GROUP = Path("/proc/self/autogroup")
_HAS_GROUPS = _GROUP.exists() and bool(_GROUP.read_text())  # empty where they are off


def told(*, leads: bool) -> tuple[int, str]:
    """The niceness of a process that stepped back, and what the kernel says of its session's group."""
    command = [sys.executable, "-c", _STEP_BACK]
    done = subprocess.run(command, cwd=env.ROOT, start_new_session=leads, capture_output=True, text=True, check=True)
    niceness, group = done.stdout.splitlines()[:2]
    return int(niceness), group


@pytest.mark.skipif(not _HAS_GROUPS, reason="this kernel weighs no sessions against each other")
def test_step_back__a_leader_of_its_session__says_it_for_its_session() -> None:
    niceness, group = told(leads=True)
    assert niceness == 3
    assert group.endswith(" nice 3")


@pytest.mark.skipif(not _HAS_GROUPS, reason="this kernel weighs no sessions against each other")
def test_step_back__a_process_of_anothers_session__leaves_the_others_as_they_are() -> None:
    before = _GROUP.read_text().strip()
    niceness, group = told(leads=False)
    assert niceness == 3
    assert group == before


def test_step_back__a_kernel_without_groups__its_own_niceness_is_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr("eventplatform.processes._GROUP", Path("/nowhere/autogroup"))
    monkeypatch.setattr("os.nice", asked.append)
    monkeypatch.setattr("os.getsid", lambda _: 7)
    monkeypatch.setattr("os.getpid", lambda: 7)
    step_back(4)
    assert asked == [4]
