"""One process that serves: uvicorn's server with our state, our beat, and an end in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

from uvicorn.config import Config
from uvicorn.server import Server

from intake.server.connection import Connection
from intake.server.limits import ServerLimits
from intake.server.state import State

log = logging.getLogger(__name__)

_BEAT_SECONDS = 0.1
_STOP_SECONDS = 3.0  # kept back from the end's time for the application's own


def configuration(application: str | Callable[..., Any], limits: ServerLimits) -> Config:
    """Uvicorn's configuration: our protocol, no access log, logs as Django has set them up."""
    return Config(
        application,
        loop="uvloop",
        http=Connection,
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        limit_concurrency=None,
        timeout_graceful_shutdown=int(limits.exit_seconds),
    )


class Worker(Server):
    """Serves until a signal, or until `master_gone` is readable: then nobody is left who would ask it to stop."""

    def __init__(self, config: Config, limits: ServerLimits, *, master_gone: int | None = None) -> None:
        super().__init__(config)
        self.limits = limits
        self.state = State(limits)
        self.server_state = self.state
        self._master_gone = master_gone
        self._is_orphan = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept, once the application is ready."""
        if self._master_gone is not None:
            asyncio.get_running_loop().add_reader(self._master_gone, self._stop_as_orphan)
        await super().startup(sockets)

    def _stop_as_orphan(self) -> None:
        if self._master_gone is not None:
            asyncio.get_running_loop().remove_reader(self._master_gone)
            signal.alarm(math.ceil(self.limits.exit_seconds) + 1)  # nobody is left to kill a process that does not end
        self._is_orphan = True
        self.should_exit = True

    async def on_tick(self, counter: int) -> bool:  # noqa: ARG002  # uvicorn's signature
        """Uvicorn's ten times a second."""
        self.state.beat()
        return self.should_exit

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Let signals end the process in order. Uvicorn's own would raise them again afterwards, and lose the exit code."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self.handle_exit)
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Readiness red first, the port closed after a grace; what is under way is answered, then the application stops.

        No connection is left in the middle of an answer, and none is kept for another request.
        """
        deadline = time.monotonic() + self.limits.exit_seconds
        self.state.is_draining = True
        log.info("server.draining", extra={"connections": len(self.state.all_connections)})
        if not self._is_orphan:  # whoever starts the next master wants the port
            await self._beat_until(lambda: False, time.monotonic() + self.limits.drain_seconds)
        for server in self.servers:
            server.close()
        for listening in sockets or ():
            listening.close()
        await self._beat_until(self._is_empty, deadline - _STOP_SECONDS)
        left = len(self.state.all_connections)
        for connection in list(self.state.all_connections):
            connection.transport.abort()
        try:
            await asyncio.wait_for(self.lifespan.shutdown(), max(0.1, deadline - time.monotonic()))
        except TimeoutError:
            log.error("server.application_not_stopped")  # noqa: TRY400  # where it hangs, no trace can say
        log.info("server.stopped", extra={"cut_off": left})

    def _is_empty(self) -> bool:
        for connection in list(self.state.all_connections):
            connection.retire()
        return not self.state.all_connections and not self.state.tasks

    async def _beat_until(self, is_over: Callable[[], bool], deadline: float) -> None:
        while not is_over() and time.monotonic() < deadline:
            await asyncio.sleep(min(_BEAT_SECONDS, max(0.0, deadline - time.monotonic())))
            self.state.beat()


def raise_file_limit() -> None:
    """Allow as many open files as the system lets us have: each connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
