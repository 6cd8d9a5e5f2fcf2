"""Ports for servers that tests start: below the range from which the kernel takes ports for outgoing connections."""

from __future__ import annotations

import contextlib
import random
import socket

_FIRST, _LAST = 20_000, 32_000  # Linux hands out 32768 and up by itself


def free_ports(count: int = 1) -> int:
    """The first of so many neighbouring ports on which nobody listens."""
    for _ in range(200):
        port = random.SystemRandom().randrange(_FIRST, _LAST - count)
        with contextlib.ExitStack() as held:
            try:
                for number in range(port, port + count):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", number))
            except OSError:
                continue
            return port
    message = f"no {count} free ports beside each other"
    raise RuntimeError(message)
