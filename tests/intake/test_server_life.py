"""The intake's server as processes: workers behind one port, their deaths, and an end that nobody notices."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from eventplatform import env
from intake.server.limits import ServerLimits
from intake.server.master import Slot
from tests.free_ports import free_ports
from tests.intake.live_server import live
from tests.intake.serving import started, wait_for_port

pytestmark = pytest.mark.slow
EVENT = b'{"$schema":"/sample/test_event/1.0.0","meta":{"stream":"test.event"},"test":"hello"}'
APPLICATION = "tests.intake.served:lane"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "metrics").mkdir()
    return env.child({"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"), "ROLE": "intake", "INTAKE_DRAIN_SECONDS": "0"})


def wait_for(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def workers(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children()


def is_alive(worker: psutil.Process) -> bool:
    """Whether it runs; what nobody has reaped yet does not."""
    return bool(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE)


def counted(folder: Path, name: str) -> float:
    """The sum of a counter over what all processes wrote, as a scrape would say it."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]  # the library's own
    return sum(sample.value for metric in registry.collect() for sample in metric.samples if sample.name == name)


class Load:
    """Clients that post without a pause over connections they keep as long as they may, until the port is closed."""

    def __init__(self, port: int, clients: int = 4) -> None:
        self.port = port
        self.statuses: Counter[int] = Counter()
        self.closed_unanswered = 0
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._post) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join(20)

    def _post(self) -> None:
        while not self._is_over.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                self._post_over(connection)
            except ConnectionRefusedError:
                return
            except (OSError, http.client.HTTPException):
                self.closed_unanswered += 1
            finally:
                connection.close()

    def _post_over(self, connection: http.client.HTTPConnection) -> None:
        is_kept = True
        while is_kept and not self._is_over.is_set():
            connection.request("POST", "/v1/events", EVENT, {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            self.statuses[response.status] += 1
            is_kept = response.getheader("connection") != "close"


@contextlib.contextmanager
def idle_connection(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        yield connection


def test_sigterm__under_load__red_first_then_an_end_without_loss(environment: dict[str, str], tmp_path: Path) -> None:
    environment["INTAKE_DRAIN_SECONDS"] = "1"
    with started(APPLICATION, "asgi", environment) as (port, process), idle_connection(port) as idle:
        load = Load(port)
        wait_for(lambda: load.statuses.total() > 100)

        process.terminate()
        stopping = time.monotonic()
        wait_for(lambda: _readiness(port) == 503, seconds=0.9)  # the port is open still
        code = process.wait(15)
        seconds = time.monotonic() - stopping
        load.end()

        assert idle.recv(1) == b""  # closed, not reset
    assert (code, seconds < 10) == (0, True)
    assert set(load.statuses) == {201}
    accepted = counted(tmp_path / "metrics", "eventplatform_intake_events_total")
    # An event whose connection ended before its answer may be in the log; none that was answered is missing.
    assert load.statuses[201] <= accepted <= load.statuses[201] + load.closed_unanswered


def _readiness(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/readyz")
    response = connection.getresponse()
    assert response.status == 200 or response.getheader("connection") == "close"
    connection.close()
    return response.status


def test_sigterm__request_under_way__answered() -> None:
    with live() as server:
        wire, slow = server.connect(), server.connect()
        slow.send(b"POST /slow?answered HTTP/1.1\r\nContent-Length: 2\r\n\r\nx")
        wire.send(b"GET /slow?too HTTP/1.1\r\n\r\n")
        wait_for(lambda: server.worker.state.tasks)

        server.worker.should_exit = True
        wait_for(lambda: server.worker.state.is_draining)
        slow.send(b"y")
        answers = [wire.answer(), slow.answer()]

    assert [(status, headers["connection"], body) for status, headers, body in answers] == [
        (200, "close", b"too"),
        (200, "close", b"answered"),
    ]


def test_sigterm__request_that_never_ends__does_not_hold_the_end_up() -> None:
    with live(ServerLimits(exit_seconds=4.0)) as server:
        wire = server.connect()
        wire.send(b"POST /echo HTTP/1.1\r\nContent-Length: 2\r\n\r\nx")
        wait_for(lambda: server.worker.state.tasks)
        started_at = time.monotonic()

        server.worker.should_exit = True
        server.thread.join(10)

        assert time.monotonic() - started_at < 4


def test_worker__killed__back_within_two_seconds_and_nobody_refused(environment: dict[str, str]) -> None:
    with started(APPLICATION, "asgi", environment) as (port, process):
        for _ in range(2):
            [worker] = workers(process)
            worker.kill()
            killed = time.monotonic()

            assert _post(port) == 201  # waits in the port's queue meanwhile
            assert time.monotonic() - killed < 2
            assert [other.pid for other in workers(process)] != [worker.pid]


@pytest.mark.parametrize(
    ("code", "lives", "delays"),
    [
        (-9, [3.0] * 4, [0.0] * 4),
        (-11, [0.1] * 4, [0.5] * 4),
        (1, [0.1] * 6, [0.5, 1.0, 2.0, 4.0, 8.0, 10.0]),
        (1, [0.1, 0.1, 60.0, 0.1], [0.5, 1.0, 0.0, 0.5]),
    ],
)
def test_worker__dies_again_and_again__started_again_later_only_where_it_gives_up_by_itself(
    code: int, lives: list[float], delays: list[float]
) -> None:
    slot, found = Slot(), []
    for life in lives:
        slot.began(1)
        slot.started_at -= life
        slot.ended(code)
        found.append(slot.delay)

    assert found == delays


def _post(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/v1/events", EVENT, {"Content-Type": "application/json"})
    return connection.getresponse().status


def test_workers__two_behind_one_port__one_scrape(environment: dict[str, str], tmp_path: Path) -> None:
    with started(APPLICATION, "asgi", environment, "--workers", "2") as (port, process):
        wait_for(lambda: len(workers(process)) == 2)
        assert {_post(port) for _ in range(40)} == {201}
        [first, second] = workers(process)
        first.suspend()
        assert _post(port) == 201  # the other takes all
        first.resume()
        second.kill()
        assert {_post(port) for _ in range(5)} == {201}

        assert counted(tmp_path / "metrics", "eventplatform_intake_events_total") == 46
        assert not list((tmp_path / "metrics").glob(f"*_{process.pid}.db"))  # the master counts nothing


def test_master__killed__takes_its_workers_along(environment: dict[str, str]) -> None:
    with started(APPLICATION, "asgi", environment, "--workers", "2") as (port, process):
        wait_for(lambda: len(workers(process)) == 2)
        family = workers(process)

        process.kill()
        process.wait()

        wait_for(lambda: not any(is_alive(worker) for worker in family), seconds=5)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)


@pytest.mark.parametrize("application", ["tests.intake.live_server:no_such", "tests.intake.test_server_life:never_ready"])
def test_start__application_unusable__ends_with_a_word(environment: dict[str, str], application: str) -> None:
    command = [sys.executable, "-m", "intake.server", "--port", "0", "--app", application]

    ended = subprocess.run(command, cwd=env.ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode != 0
    assert ended.stderr


async def never_ready(scope: dict[str, object], receive: object, send: object) -> None:
    raise RuntimeError("planted")


def test_logs__of_a_whole_life__are_json_and_none_of_a_request(environment: dict[str, str]) -> None:
    port = free_ports()
    command = [sys.executable, "-W", "ignore", "-m", "intake.server", "--port", str(port), "--app", APPLICATION]
    with subprocess.Popen(command, cwd=env.ROOT, env=environment, stderr=subprocess.PIPE) as process:
        wait_for_port(port, process)
        _post(port)
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.sendall(b"GARBAGE\x1b[31m\r\n\r\n")
            wire.recv(1000)
        os.kill(process.pid, signal.SIGTERM)
        _, words = process.communicate(timeout=20)

    lines = [json.loads(line) for line in words.decode().splitlines()]
    assert [line["event"] for line in lines] == ["server.listening", "server.draining", "server.stopped"]
