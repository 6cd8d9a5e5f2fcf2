"""The real role `intake` as production starts it, to be killed, hung and asked to end."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from eventplatform import env
from eventplatform.run.roles import roles

_READY_SECONDS = 60
_END_SECONDS = 20


def until(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait for a condition; the seconds it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"waited {seconds} s for this: {what}"
        time.sleep(0.02)
    return time.monotonic() - began


class Intake:
    """One instance: a master and its workers, on a port of its own."""

    def __init__(self, environment: Mapping[str, str], port: int, folder: Path, *, workers: int = 1) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        metrics = folder / "metrics"
        metrics.mkdir(parents=True, exist_ok=True)
        own = {
            "ROLE": "intake",
            "VAR_DIR": str(folder),
            "PROMETHEUS_MULTIPROC_DIR": str(metrics),
            "INTAKE_WORKERS": str(workers),
        }
        self.environment = {**environment, **own}
        self.log = folder / f"intake-{port}.log"
        self._command = next(role.command for role in roles(port - 1, folder) if role.name == "intake")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.begin()
        until(self.is_ready, _READY_SECONDS, f"an intake that is ready; see {self.log}")

    def begin(self) -> None:
        """Start it without waiting."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self._command, cwd=env.ROOT, env=self.environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL
            )

    def is_ready(self) -> bool:
        """Whether a balancer would send requests here."""
        return self.ready()[0] == httpx.codes.OK

    def ready(self, timeout_seconds: float = 2.0) -> tuple[int, dict[str, object]]:
        """What `/readyz` answers; status 0 where nobody does."""
        try:
            answer = httpx.get(f"{self.url}/readyz", timeout=timeout_seconds, trust_env=False)
            return answer.status_code, answer.json()
        except (httpx.HTTPError, ValueError):
            return 0, {}

    def is_settled(self) -> bool:
        """Whether its log answers and nothing waits in its spool."""
        _, document = self.ready()
        spool = document.get("spool", {"state": "empty"})
        return document.get("log") == "ok" and isinstance(spool, dict) and spool["state"] == "empty"

    def metrics(self) -> str:
        """The text of `/metrics`."""
        return httpx.get(f"{self.url}/metrics", timeout=10, trust_env=False).text

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        assert self.process is not None
        main = self.process.pid
        return [int(pid) for pid in Path(f"/proc/{main}/task/{main}/children").read_text().split()]

    def resident_bytes(self) -> int:
        """Memory of the largest worker."""
        lines = (Path(f"/proc/{pid}/statm").read_text().split() for pid in self.workers())
        return max(int(line[1]) * 4096 for line in lines)

    def open_files(self) -> int:
        """File descriptors of all workers."""
        return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in self.workers())

    def terminate(self) -> None:
        """Ask it to end, as a deployment does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = _END_SECONDS) -> float:
        """Wait for its end; the seconds it took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.wait(seconds)
        return time.monotonic() - began

    def stop(self) -> None:
        """End it, however it stands."""
        if self.process is None or self.process.poll() is not None:
            return
        self.terminate()
        try:
            self.wait()
        except subprocess.TimeoutExpired:
            for pid in self.workers():
                _kill(pid)
            self.process.kill()
            self.process.wait()


def _kill(pid: int) -> None:
    subprocess.run(["kill", "-9", str(pid)], check=False)
