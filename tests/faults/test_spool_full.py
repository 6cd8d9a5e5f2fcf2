"""F8: the spool's disk fills up, with its own records or with others': 507 and never yes, red before, resumes by itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from eventplatform import env
from tests.faults.verifying import tell


@pytest.fixture
def may_mount() -> None:
    if (
        not shutil.which("unshare")
        or subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip(
            "no right to mount a small disk (needs root); test_full__says_507_never_yes_and_resumes_by_itself goes by quota"
        )


@pytest.mark.slow
@pytest.mark.usefixtures("may_mount")
@pytest.mark.parametrize("min_free", [0, 3_000_000], ids=["to the last byte", "some must stay free"])
def test_spool__disk_of_16_mb_full__refuses_then_resumes_and_nothing_promised_is_lost(tmp_path: Path, min_free: int) -> None:
    command = ["unshare", "--mount", sys.executable, "-m", "tests.intake.spool.full_disk", str(tmp_path), str(min_free)]
    done = subprocess.run(command, cwd=env.ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)

    tell(f"F8: {told}")
    assert told["first refusal"] == ["spool.full"]
    assert set(told["while full"]) == {"spool.full"}
    assert told["after"] == ["log"]
    assert set(told["filled by others"]) == {"spool", "spool.full"}
    assert told["freed"] == ["spool"]
    assert told["promised"] == told["kept"]
    assert told["doubled"] == 0
    assert told["states"]["nearly full"] > 10  # red before it is full
    assert os.listdir(tmp_path) == []  # noqa: PTH208  # the mount was the child's alone
