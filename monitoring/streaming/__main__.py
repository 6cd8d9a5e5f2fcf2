"""`python -m monitoring.streaming`: serves the role stream on a port."""

from __future__ import annotations

import argparse
import contextlib
import gc
import logging
import resource
import socket
import sys
from typing import TYPE_CHECKING

import django
import uvloop

from eventplatform import env
from eventplatform.processes import step_back

if TYPE_CHECKING:
    from monitoring.streaming.footing import Footing
    from monitoring.streaming.service import Bounds

log = logging.getLogger(__name__)

_CANNOT_LISTEN = 2
_NICE = 5  # on a machine that is shared, the intake comes first: what goes out may wait a moment


def main() -> int:
    """Listen, follow the configuration, serve; answers the exit code."""
    env.use_settings()
    django.setup()
    from django.conf import settings

    parser = argparse.ArgumentParser(prog="python -m monitoring.streaming", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=settings.PORT + 2)
    options = parser.parse_args()
    try:
        listening = _listen(options.host, options.port)
    except OSError as error:
        log.error("stream_server.cannot_listen", extra={"port": options.port, "reason": error.strerror})  # noqa: TRY400  # no trace tells more
        return _CANNOT_LISTEN
    _raise_file_limit()
    step_back(_NICE)
    from monitoring.streaming.footing import ProcessFooting

    footing = ProcessFooting()
    footing.start()
    gc.freeze()  # what is loaded stays; with thousands of clients looking through it again and again is felt
    log.info("stream_server.listening", extra={"host": options.host, "port": options.port})
    try:
        uvloop.run(_serve(footing, listening))
    finally:
        footing.stop()
    return 0


async def _serve(footing: Footing, listening: socket.socket) -> None:
    from monitoring.streaming.server import StreamServer

    await StreamServer(footing, _bounds()).run(listening)


def _bounds() -> Bounds:
    from django.conf import settings

    from monitoring.streaming.client import Limits
    from monitoring.streaming.places import Caps
    from monitoring.streaming.service import Bounds

    return Bounds(
        caps=Caps(settings.STREAM_MAX_CLIENTS, settings.STREAM_MAX_CLIENTS_PER_ADDRESS, settings.STREAM_MAX_CLIENTS_PER_USER),
        limits=Limits(age_seconds=settings.STREAM_MAX_SECONDS),
        most_history=settings.STREAM_MAX_HISTORY,
        history_per_second=settings.STREAM_HISTORY_PER_SECOND,
    )


def _listen(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(address)
    listening.listen(2048)
    listening.setblocking(False)  # the socket's own signature
    return listening


def _raise_file_limit() -> None:
    """Each client is an open file."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    sys.exit(main())
