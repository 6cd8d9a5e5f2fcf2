"""The web role overloaded and killed beside an intake: on cores of their own, the intake's clients notice nothing.

The intake, its log and its clients have one core; the web role, its clients and the database the other. Both halves of a
round are measured in turn, so that whatever else this machine does falls on both.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest

from eventplatform import env
from eventplatform.run.roles import roles
from tests.faults.conftest import Stack
from tests.faults.intakes import until
from tests.faults.load import Load
from tests.faults.programs import status_of
from tests.free_ports import free_ports
from tests.servers.kafka import KafkaServer

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system can't tie processes to cores"),
]
_ROUNDS = 5
_SECONDS = 6.0
_KILLED_AFTER_SECONDS = 4.0
_SETTLING_SECONDS = 2.0


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """What is started in the block, by this thread, runs on that core alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def tie(pid: int, *cores: int) -> None:
    """Tie a running process, its threads and its children to cores."""
    for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
        for thread in process.threads():
            with contextlib.suppress(OSError):  # it ended meanwhile
                os.sched_setaffinity(thread.id, cores)


class Web:
    """The web role under more requests than it can answer."""

    def __init__(self, stack: Stack, core: int) -> None:
        self._stack, self._core = stack, core
        self._port = free_ports()
        self._command = next(role.command for role in roles(self._port, stack.folder) if role.name == "web")
        self._template = stack.folder / "template.json"
        event = {"$schema": "/sample/test_event/1.0.0", "meta": {"stream": stack.stream, "id": "@@ID@@"}, "test": "x"}
        self._template.write_text(json.dumps(event))
        self._process: subprocess.Popen[bytes] | None = None
        self._is_over = threading.Event()
        self._clients: list[threading.Thread] = []
        self.rounds = 0  # that were answered whole

    def start(self) -> None:
        metrics = self._stack.folder / "web-metrics"
        metrics.mkdir(exist_ok=True)
        own = {"ROLE": "web", "PORT": str(self._port), "PROMETHEUS_MULTIPROC_DIR": str(metrics)}
        with on_core(self._core), (self._stack.folder / "web.log").open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=env.ROOT,
                env={**self._stack.environment, **own},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        until(self._answers, 90, "a web role that answers")

    def _answers(self) -> bool:
        return status_of(f"http://127.0.0.1:{self._port}/readyz") == httpx.codes.OK

    def overload(self) -> None:
        """Send to it without a pause, over more connections than it has threads."""
        self._is_over.clear()
        with on_core(self._core):  # the threads, and what they start, stay there
            self._clients = [threading.Thread(target=self._send) for _ in range(2)]
            for client in self._clients:
                client.start()

    def _send(self) -> None:
        load = [sys.executable, "bench/load.py", "--port", str(self._port), "--template", str(self._template)]
        while not self._is_over.is_set():
            # Fewer than the bodies that it reads at once: whoever comes beyond them is sent away, which costs it nothing.
            command = [*load, "--connections", "2", "--seconds", "1"]
            ended = subprocess.run(command, cwd=env.ROOT, capture_output=True, check=False)
            self.rounds += ended.stdout.count(b'"requests"')
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a crash would, under its clients' feet."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, 9)
            self._process.wait()

    def stop(self) -> None:
        self._is_over.set()
        self.kill()
        for client in self._clients:
            client.join()


def test_web_overloaded_and_killed__clients_of_the_intake__notice_nothing(
    stack: Stack, kafka_server: KafkaServer, capfd: pytest.CaptureFixture[str]
) -> None:
    cores = sorted(os.sched_getaffinity(0))
    own, others = cores[:2]
    assert kafka_server.process is not None
    tie(kafka_server.process.pid, own)
    quiet: list[float] = []
    loud: list[float] = []
    web = Web(stack, others)
    with on_core(own):
        stack.intake()
        if stack.postgres.pid:
            tie(stack.postgres.pid, others)
        with stack.load(rate=100.0, connections=4, largest_batch=5).running() as load:
            try:
                for _ in range(_ROUNDS):
                    web.start()
                    time.sleep(_SETTLING_SECONDS)
                    quiet.append(_p99(load))
                    web.overload()
                    killer = threading.Timer(_KILLED_AFTER_SECONDS, web.kill)
                    killer.start()
                    loud.append(_p99(load))
                    killer.join()
                    web.stop()
            finally:
                web.stop()
                tie(kafka_server.process.pid, *cores)

    times = [f"{1000 * found:.1f}" for pair in zip(quiet, loud, strict=True) for found in pair]
    with capfd.disabled():
        print(  # noqa: T201  # the figures are asked for
            f"\nisolation: p99 quiet/overloaded, ms: {', '.join(times)}; answers {dict(load.statuses())}"
        )
    assert {status // 100 for status in load.statuses()} == {2}
    assert web.rounds > 0
    assert statistics.median(loud) <= 2 * statistics.median(quiet)


def _p99(load: Load) -> float:
    began = time.monotonic()
    time.sleep(_SECONDS)
    return load.percentile(0.99, since=began)
