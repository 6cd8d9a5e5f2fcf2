"""Starts the peer: a door of Express and Ajv 6, installed once from the committed lock."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil

from bench.servers import CannotStartError, Served, free_port, stop, wait_for_port
from eventplatform import env

HERE = Path(__file__).parent
_CACHE = env.ROOT / "build" / "peers"


@contextlib.contextmanager
def express(schema_file: Path, stream: str) -> Iterator[Served]:
    """The running peer, taking events of that schema into that stream.

    Raises:
        CannotStartError: node or npm is missing, or the packages can't be fetched.
    """
    port = free_port()
    command = ["node", str(HERE / "door.js"), str(port), str(schema_file), stream]
    process = subprocess.Popen(command, env=env.child({"NODE_PATH": str(_modules()), "NODE_ENV": "production"}))
    try:
        wait_for_port(port, process)
        yield Served("express", port, psutil.Process(process.pid))
    finally:
        stop(process)


def _modules() -> Path:
    if not shutil.which("node") or not shutil.which("npm"):
        raise CannotStartError("node and npm are not installed")
    lock = (HERE / "package-lock.json").read_bytes()
    folder = _CACHE / hashlib.sha256(lock).hexdigest()[:16]
    if not (folder / "node_modules").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            message = f"npm ci: {done.stderr.strip()[-300:]}"
            raise CannotStartError(message)
    return folder / "node_modules"
