"""Kafka of this machine, for a demo with the real event log: the script of `deploy/services/kafka` under one starter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from eventplatform.embedded import folders
from eventplatform.embedded.server import Server
from eventplatform.embedded.step import run_whole

_READY = b"Kafka Server started"


class Kafka(Server):
    """One broker on 127.0.0.1: `port` for clients, the next one for itself. It needs Java, and Maven the first time."""

    name: ClassVar[str] = "Kafka"
    variable: ClassVar[str] = "EVENT_LOG_URL"
    start_seconds: ClassVar[float] = 90.0

    def __init__(self, var: Path, port: int, scripts: Path) -> None:
        super().__init__(var)
        self.port = port
        self.log = self.data / "server.log"  # the script sends the server's words there
        self._scripts = scripts

    @property
    def url(self) -> str:
        """The address as the setting EVENT_LOG_URL takes it."""
        return f"kafka://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        folders.make_private(self.data)
        self.log.unlink(missing_ok=True)  # its old words would say that it is ready
        self._fetch_jars()

    def command(self) -> Sequence[str]:
        return ["/bin/sh", str(self._scripts / "run.sh"), str(self.data), str(self.port)]

    def answers(self) -> bool:
        return _READY in self.log.read_bytes()

    def _fetch_jars(self) -> None:
        """Fetch what Maven brings before the clock of the start runs; the second time costs nothing."""
        fetched = run_whole(["/bin/sh", str(self._scripts / "jars.sh")])
        if fetched.returncode:
            raise self.failed((fetched.stderr.strip().splitlines() or ["its jars are missing"])[-1].rstrip("."))
