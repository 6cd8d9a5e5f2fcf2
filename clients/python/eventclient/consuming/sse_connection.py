"""One long answer over httpx, which another thread can end at once."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping

import httpx

# The server gives a sign of life every 15 seconds; three that are missing mean that it is gone.
_TIMEOUT = httpx.Timeout(10.0, read=45.0)


@contextlib.contextmanager
def connected(
    http: httpx.Client, address: httpx.URL, headers: Mapping[str, str]
) -> Iterator[tuple[httpx.Response, Callable[[], None]]]:
    """The answer, and what hangs it up: the thread that reads it is woken, and finds it ended."""
    with http.stream("GET", address, headers=dict(headers), timeout=_TIMEOUT) as answer:
        raw = answer.extensions.get("network_stream")
        link = raw.get_extra_info("socket") if raw is not None else None

        def hang_up() -> None:
            if link is not None:
                with contextlib.suppress(OSError):
                    link.shutdown(socket.SHUT_RDWR)

        yield answer, hang_up
