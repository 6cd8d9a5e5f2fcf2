"""Where the embedded servers listen: unix sockets under `var/`, computed alike by every process, nothing started."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

# sun_path holds 108 bytes with its final zero; Postgres appends the name of its socket and of that socket's lock file.
_SOCKET_LIMIT = 107
_LONGEST_NAME = "/.s.PGSQL.5432.lock"


def socket_directory(var: Path) -> Path:
    """`var/run`, or a short private directory where that path is too long for a socket."""
    wanted = var / "run"
    if len(os.fsencode(wanted)) + len(_LONGEST_NAME) <= _SOCKET_LIMIT:
        return wanted
    digest = hashlib.sha256(os.fsencode(var)).hexdigest()[:16]
    return Path(f"/tmp/eventplatform-{os.geteuid()}-{digest}")  # noqa: S108  # made 0700 and checked for its owner at start


def postgres_url(var: Path, database: str) -> str:
    """The connection URL of a database of the embedded Postgres."""
    return f"postgresql:///{database}?host={socket_directory(var)}&user=postgres"


def redis_url(var: Path) -> str:
    """The connection URL of the embedded Redis."""
    return f"unix://{socket_directory(var)}/redis.sock"
