"""What the roles stand on: Postgres, Redis and, if wanted, Kafka; embedded where no URL names a server."""

from __future__ import annotations

import time
from pathlib import Path

from eventplatform import env
from eventplatform.core.errors import PlatformError
from eventplatform.embedded.kafka import Kafka
from eventplatform.embedded.postgres import Postgres
from eventplatform.embedded.redis import Redis
from eventplatform.embedded.server import Server
from eventplatform.run import console

DATABASES = ("eventplatform", "warehouse")
_RETRY_SECONDS = 5.0


class Foundation:
    """The servers of a start. Made on the main thread, since an embedded server ends with its starter's thread."""

    def __init__(self, var: Path, *, database_url: str, redis_url: str, kafka_port: int | None) -> None:
        self.postgres = None if database_url else Postgres(var)
        self.redis = None if redis_url else Redis(var)
        self.kafka = Kafka(var, kafka_port, env.ROOT / "deploy/services/kafka") if kafka_port else None
        self._started: list[Server] = []
        self._next_try = 0.0

    def start(self) -> None:
        """Start what is ours; what a URL names is only used."""
        if self.postgres:
            with console.step("Postgres", "embedded"):
                self._start(self.postgres)
                for name in DATABASES:
                    self.postgres.ensure_database(name)
        if self.redis:
            with console.step("Redis", "embedded"):
                self._start(self.redis)
        if self.kafka:
            with console.step("Kafka", self.kafka.url):
                self._start(self.kafka)

    def environment(self) -> dict[str, str]:
        """What every role must know beyond what it computes from `VAR_DIR`."""
        return {"EVENT_LOG_URL": self.kafka.url} if self.kafka else {}

    def tend(self) -> list[str]:
        """Start a server that ended again; answers lines to show."""
        if time.monotonic() < self._next_try:
            return []
        return [self._restart(server) for server in self._started if not server.pid]

    def stop(self) -> None:
        """Stop all at once: nobody uses them any more."""
        for server in self._started:
            server.ask_to_stop()
        for server in reversed(self._started):
            server.stop()
        self._started.clear()

    def _start(self, server: Server) -> None:
        self._started.append(server)
        server.start()

    def _restart(self, server: Server) -> str:
        server.stop()  # gives back its lock
        try:
            server.start()
        except (PlatformError, OSError) as error:
            self._next_try = time.monotonic() + _RETRY_SECONDS
            return f"{server.name} ended and does not start: {error} Trying again in {_RETRY_SECONDS:.0f} s"
        return f"{server.name} ended (see {server.log}) and was started again"
