"""Real servers for tests: an application under Granian, ready when it answers, gone when the block ends."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping

from eventplatform import env
from tests.free_ports import free_ports

_READY_SECONDS = 60


@contextlib.contextmanager
def serving(application: str, interface: str, environment: Mapping[str, str]) -> Iterator[int]:
    """The port that `application` is served on."""
    port = free_ports()
    command = [sys.executable, "-m", "granian", "--interface", interface, "--no-ws", "--log-level", "warning"]
    command += ["--blocking-threads", "4"] if interface == "wsgi" else []
    process = subprocess.Popen([*command, "--port", str(port), application], cwd=env.ROOT, env=dict(environment))
    try:
        _wait_for_port(port, process)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}")
