"""Environments of strangers: nothing in them but a package of ours and what it asks for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

Missing = Callable[[str], NoReturn]
_SECONDS = 120


def node_folder(folder: Path, package: Path, missing: Missing, *more: str) -> Path:
    """An empty npm project with the package installed; without `more` the registry is not asked."""
    if shutil.which("npm") is None:
        missing("there is no npm")
    (folder / "package.json").write_text('{"name": "stranger", "private": true}\n')
    offline = [] if more else ["--offline"]
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", *offline, str(package), *more]
    done = run(command, folder)
    if done.returncode and more:
        missing(f"npm could not install {', '.join(more)}: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    return folder


def python_of(folder: Path, *packages: str, missing: Missing) -> Path:
    """The Python of a new environment with those packages and what they need."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=_SECONDS)
    python = folder / "bin" / "python"
    done = run([sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", *packages], folder)
    if "Could not find a version" in done.stderr or "Temporary failure" in done.stderr:
        missing(f"the package index is away: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    return python


def run(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A program in that folder, which sees nothing of ours."""
    kept = {name: os.environ[name] for name in os.environ if not name.startswith(("PYTHON", "VIRTUAL_ENV", "DJANGO"))}
    environment = {**kept, **variables}
    options = {"capture_output": True, "text": True, "timeout": _SECONDS}
    return subprocess.run(command, cwd=folder, env=environment, check=False, **options)  # type: ignore[call-overload,no-any-return]  # a mapping of options has no overload
