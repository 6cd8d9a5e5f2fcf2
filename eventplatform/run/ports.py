"""Whether the ports of a start are free, asked before anything is started."""

from __future__ import annotations

import itertools
import socket
from pathlib import Path

from eventplatform.run.errors import PortBusyError, PortUnusableError

_LAST = 65531  # the intake and the streams take the next ones, Kafka the two after them


def need_free(port: int, *, with_kafka: bool = False) -> None:
    """Refuse a start whose ports can't be opened."""
    if not 0 < port <= _LAST:
        raise PortUnusableError(port=port, reason="there are no such ports")
    roles = ("web", "intake", "stream", "Kafka", "Kafka's controller")[: 5 if with_kafka else 3]
    for role, number in zip(roles, itertools.count(port), strict=False):
        with socket.socket() as probe:
            # As servers do: a connection that has just ended is no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except PermissionError as error:
                raise PortUnusableError(port=port, reason="this user may not open it") from error
            except OSError as error:
                other = 9000 if port < 8900 or port > 9100 else 9200  # noqa: PLR2004  # some that are not these
                raise PortBusyError(port=number, role=role, owner=owner_of(number), other=other) from error


def owner_of(port: int) -> str:
    """The program that listens on a port, as far as this user may know."""
    inodes = {f"socket:[{inode}]" for inode in _listening(port)}
    for entry in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(entry.readlink()) in inodes:
                process = entry.parent.parent
                return f"process {process.name} ({(process / 'comm').read_text().strip()})"
        except OSError:  # it ended, or belongs to somebody else
            continue
    return "another program"


def _listening(port: int) -> list[str]:
    """The inodes of the sockets that listen on a port."""
    found = []
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if table.exists():
            rows = [line.split() for line in table.read_text().splitlines()[1:]]
            found += [row[9] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")]
    return found
