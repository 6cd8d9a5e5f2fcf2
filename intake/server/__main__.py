"""`python -m intake.server`: serves the role intake on a port, with as many processes as wanted."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import socket
import sys
from pathlib import Path

import django
from django.conf import settings

from eventplatform import env
from intake import duplicates
from intake.server.limits import ServerLimits
from intake.server.master import Master
from intake.server.worker import Worker, configuration, raise_file_limit

log = logging.getLogger(__name__)

_BACKLOG = 2048
_CANNOT_LISTEN = 2
_MASTER_PATIENCE_SECONDS = 0.5  # beyond the workers' own


def main() -> int:
    """Listen, load the application once, keep the workers; answers the exit code."""
    env.use_settings()
    django.setup()
    options = _options()
    limits = limits_of_settings()
    try:
        listening = listen(options.host, options.port)
    except OSError as error:
        log.error("server.cannot_listen", extra={"host": options.host, "port": options.port, "reason": error.strerror})  # noqa: TRY400  # no trace tells more
        return _CANNOT_LISTEN
    if options.workers > 1:
        duplicates.share()
    config = configuration(options.app, limits)
    config.load()  # before the workers fork off: they share its memory, and a new one is there at once
    disown_metrics()
    gc.freeze()

    def serve(gone: int) -> int:
        worker = Worker(config, limits, master_gone=gone)
        worker.run(sockets=[listening])
        return 0

    raise_file_limit()
    log.info("server.listening", extra={"host": options.host, "port": options.port, "workers": options.workers})
    patience = limits.exit_seconds + _MASTER_PATIENCE_SECONDS
    return Master(serve, options.workers, exit_seconds=patience, on_stopping=listening.close).run()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m intake.server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=settings.PORT + 1)
    parser.add_argument("--workers", type=int, default=settings.INTAKE_WORKERS, help="processes behind the port")
    parser.add_argument("--app", default="eventplatform.asgi:application", help="module:attribute of an ASGI application")
    options = parser.parse_args()
    if options.workers < 1:
        parser.error("--workers must be 1 or more")
    return options


def limits_of_settings() -> ServerLimits:
    return ServerLimits(
        max_connections=settings.INTAKE_MAX_CONNECTIONS,
        max_connections_per_address=settings.INTAKE_MAX_CONNECTIONS_PER_ADDRESS,
        max_head_bytes=settings.INTAKE_MAX_HEAD_BYTES,
        head_seconds=settings.INTAKE_HEAD_SECONDS,
        body_idle_seconds=settings.INTAKE_BODY_IDLE_SECONDS,
        body_seconds=settings.INTAKE_BODY_SECONDS,
        keep_alive_seconds=settings.INTAKE_KEEP_ALIVE_SECONDS,
        drain_seconds=settings.INTAKE_DRAIN_SECONDS,
    )


def listen(host: str, port: int) -> socket.socket:
    """The listening socket, which all workers share: whoever is free takes the next connection."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(address)
    listening.listen(_BACKLOG)
    listening.setblocking(False)  # the socket's own signature
    return listening


def disown_metrics() -> None:
    """Remove the metrics files that loading made in this process's name: it counts nothing, and its zeros would be read."""
    folder = env.text("PROMETHEUS_MULTIPROC_DIR")
    for path in Path(folder).glob(f"*_{os.getpid()}.db") if folder else ():
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
