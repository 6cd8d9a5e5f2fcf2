from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from django.conf import settings

CLIENT = Path(__file__).parents[3] / "clients" / "javascript"


@pytest.fixture(scope="session")
def node(service_missing: Callable[[str], NoReturn]) -> Callable[..., str]:
    """Runs Node, and answers what it said; the test fails with that where Node does."""
    if not shutil.which("node"):
        service_missing("there is no node")

    def run(*arguments: str | Path, cwd: Path = CLIENT) -> str:
        given = {**os.environ, "REFERENCE_DATA": str(settings.REFERENCE_DATA_DIR)}
        done = subprocess.run(
            ["node", *map(str, arguments)], cwd=cwd, env=given, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
