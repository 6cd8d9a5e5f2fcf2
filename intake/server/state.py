"""What the connections of a process share: a coarse clock, the count of them, and whether the process is stopping."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING, cast

from uvicorn.server import ServerState

from eventplatform.core.metrics import INTAKE_CONNECTIONS, INTAKE_REFUSED
from intake.server import refusals
from intake.server.limits import ServerLimits
from intake.server.memory import Memory
from intake.server.refusals import Refusal

if TYPE_CHECKING:
    from intake.server.channel import Channel

# Connections that only wait until their refusal is read; what comes beyond them is cut off without a word.
_MAX_REFUSED = 200


class State(ServerState):
    """The server's state with a clock. Reading a clock and setting timers per request would cost more than all the rest."""

    def __init__(self, limits: ServerLimits) -> None:
        super().__init__()
        self.limits = limits
        self.is_draining = False
        self.now = time.monotonic()
        self.date_line = _date_line()
        self._memory = Memory()
        self.unread_bytes = 0  # of answers that slow clients have yet to take
        self._admitted = 0
        self._by_address: dict[str, int] = {}

    @property
    def all_connections(self) -> set[Channel]:
        """The connections, with those that are refused or parting."""
        return cast("set[Channel]", self.connections)

    def beat(self) -> None:
        """Move the clock, and let each connection look at its deadlines; called some ten times a second."""
        before, self.now = self.now, time.monotonic()
        if int(before) != int(self.now):
            self.date_line = _date_line()
            INTAKE_CONNECTIONS.set(self._admitted)
            self._memory.look(self.now)
        for connection in list(self.all_connections):
            connection.check(self.now)

    def admit(self, connection: Channel) -> Refusal | None:
        """Take a new connection in, or say why not."""
        self.all_connections.add(connection)
        address = connection.client[0] if connection.client else ""
        held = self._by_address.get(address, 0)
        if self._admitted >= self.limits.max_connections:
            return refusals.EXHAUSTED
        if held >= self.limits.max_connections_per_address:
            return refusals.ADDRESS_EXHAUSTED
        self._by_address[address] = held + 1
        self._admitted += 1
        connection.is_admitted = True
        return None

    def has_room_for_refused(self) -> bool:
        """Whether one more refused connection may stay until its answer is read."""
        return len(self.connections) - self._admitted <= _MAX_REFUSED

    def release(self, connection: Channel) -> None:
        """Forget a connection that is gone."""
        self.all_connections.discard(connection)
        if not connection.is_admitted:
            return
        connection.is_admitted = False
        self._admitted -= 1
        address = connection.client[0] if connection.client else ""
        held = self._by_address.pop(address, 0)
        if held > 1:
            self._by_address[address] = held - 1

    def count(self, refusal: Refusal) -> None:
        """Count what the server refused by itself."""
        INTAKE_REFUSED.labels(refusal.code).inc()


def _date_line() -> bytes:
    return b"date: %s\r\n" % formatdate(time.time(), usegmt=True).encode()
