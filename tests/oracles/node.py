"""Keeps one node process with the reference's own tools, installed once from the committed lock, as an oracle for tests."""

from __future__ import annotations

import atexit
import fcntl
import functools
import hashlib
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any, NoReturn

import pytest

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / "build" / "oracles"
SECONDS = 20  # for one answer


class OracleError(Exception):
    """The reference refuses what it was asked; the text is its own."""


class Reference:
    """The reference's tools behind a pipe of JSON lines; see reference.js for the calls and their arguments."""

    def __init__(self, modules: Path) -> None:
        self._modules = modules
        self._process = self._started()
        self._asked = 0
        atexit.register(self.close)

    def ask(self, call: str, **arguments: Any) -> Any:
        """The reference's answer.

        Raises:
            OracleError: the reference threw, or found no end within its time and memory.
        """
        self._asked += 1
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"id": self._asked, "call": call, **arguments}) + "\n")
        self._process.stdin.flush()
        watch = threading.Timer(SECONDS, self._process.kill)
        watch.start()
        assert self._process.stdout
        line = self._process.stdout.readline()
        watch.cancel()
        if not line:
            self.close()
            self._process = self._started()
            raise OracleError("no answer")
        answer = json.loads(line)
        assert answer["id"] == self._asked
        if "error" in answer:
            raise OracleError(answer["error"])
        return answer["result"]

    def close(self) -> None:
        self._process.communicate()  # it ends when its input does

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["node", "--stack-size=900", "--max-old-space-size=500", str(HERE / "reference.js")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "NODE_PATH": str(self._modules)},
        )


def reference() -> Reference:
    """The running oracle; without node, or without a registry to install from, the test is skipped and says so."""
    return _running(modules())


def modules() -> Path:
    """The folder where the packages of the lock are installed; skips likewise."""
    if not shutil.which("node") or not shutil.which("npm"):
        absent("node and npm are not installed")
    return _installed()


@functools.cache
def _running(installed: Path) -> Reference:
    return Reference(installed)


@functools.cache
def _installed() -> Path:
    lock = (HERE / "package-lock.json").read_bytes()
    folder = CACHE / hashlib.sha256(lock).hexdigest()[:16]
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)  # workers that run side by side: one installs, the others wait for it
        if not folder.exists():
            _install(folder)
    return folder / "node_modules"


def _install(folder: Path) -> None:
    fresh = CACHE / f"{folder.name}.{os.getpid()}"
    fresh.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, fresh)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=fresh, capture_output=True, text=True, timeout=170, check=False)
    if done.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        absent(f"npm ci: {done.stderr.strip()[-300:]}")
    fresh.rename(folder)


def absent(reason: str) -> NoReturn:
    """Skip, or fail where servers are wanted; the reason says what is missing."""
    if os.environ.get("REQUIRE_SERVICES"):
        pytest.fail(f"The reference's oracle can't run: {reason}.")
    pytest.skip(f"no reference oracle: {reason}")
