"""Ports for servers that tests start: below the range from which the kernel takes ports for outgoing connections."""

from __future__ import annotations

import contextlib
import functools
import itertools
import random
import socket
from collections.abc import Iterable

_FIRST, _LAST = 20_000, 32_000  # Linux hands out 32768 and up by itself
_BLOCK = 100


def free_ports(count: int = 1) -> int:
    """The first of so many neighbouring ports on which nobody listens, and which no other run of tests is given."""
    ports = _ours()
    for _ in range(_BLOCK):
        port = next(ports)
        if port % _BLOCK + count <= _BLOCK and _are_free(port, count):
            for _ in range(count - 1):
                next(ports)
            return port
    message = f"no {count} free ports beside each other"
    raise RuntimeError(message)


def free_port_among(ports: Iterable[int]) -> int:
    """One of a few ports, for a server that takes no other; another process may still be quicker."""
    return next(port for port in ports if _are_free(port, 1))


@functools.cache
def _ours() -> itertools.cycle[int]:
    """The ports of a block that this process keeps until it ends, by turns: its first port, bound, is the sign of that.

    Between the moment at which a port is found free and the one at which a server takes it, nobody else may find it.
    """
    blocks = list(range(_FIRST, _LAST, _BLOCK))
    random.SystemRandom().shuffle(blocks)
    for block in blocks:
        sign = socket.socket()
        try:
            sign.bind(("127.0.0.1", block))
        except OSError:
            sign.close()
            continue
        _signs.append(sign)
        return itertools.cycle(range(block + 1, block + _BLOCK))
    message = "every block of ports is taken"
    raise RuntimeError(message)


_signs: list[socket.socket] = []  # closed with the process


def _are_free(first: int, count: int) -> bool:
    with contextlib.ExitStack() as held:
        try:
            for number in range(first, first + count):
                held.enter_context(socket.socket()).bind(("127.0.0.1", number))
        except OSError:
            return False
        return True
