"""Real servers for tests: an application under the server of its role, ready when it answers, gone when the block ends."""

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
_SERVERS = {
    "asgi": ("intake.server", "--app"),
    "wsgi": ("granian", "--interface", "wsgi", "--no-ws", "--log-level", "warning", "--blocking-threads", "4"),
}


@contextlib.contextmanager
def serving(application: str, interface: str, environment: Mapping[str, str]) -> Iterator[int]:
    """The port that `application` is served on."""
    with started(application, interface, environment) as (port, _):
        yield port


@contextlib.contextmanager
def started(
    application: str, interface: str, environment: Mapping[str, str], *options: str
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Likewise, with the process, which the block may end itself."""
    port = free_ports()
    command = [sys.executable, "-m", *_SERVERS[interface], application, "--port", str(port), *options]
    process = subprocess.Popen(command, cwd=env.ROOT, env=dict(environment))
    try:
        wait_for_port(port, process)
        yield port, process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until a request is answered: a port alone may be held by a process whose workers are still starting."""
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            if connection.recv(1):
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing answers on port {port}")
