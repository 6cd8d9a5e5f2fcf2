"""Where the embedded servers listen: unix sockets under `var/`, computed alike by every process, nothing started."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import quote

# sun_path holds 108 bytes with its final zero; Postgres appends the name of its socket and of that socket's lock file.
_SOCKET_LIMIT = 107
_LONGEST_NAME = "/.s.PGSQL.5432.lock"
_MEMORY = Path("/dev/shm")  # noqa: S108  # as the sockets' folder: made 0700 and checked for its owner at start
# What every reader of a URL takes as it stands: Postgres' clients decode percent signs, those of Redis and Celery differ.
_PLAIN = re.compile(r"[A-Za-z0-9/._-]+")


def socket_directory(var: Path) -> Path:
    """`var/run`, or a short private directory where that path is too long for a socket or no plain text in a URL."""
    wanted = var / "run"
    is_short = len(os.fsencode(wanted)) + len(_LONGEST_NAME) <= _SOCKET_LIMIT
    if is_short and _PLAIN.fullmatch(str(wanted)):
        return wanted
    return Path("/tmp") / _private_name(var)  # noqa: S108  # made 0700 and checked for its owner at start


def metrics_directory(var: Path) -> Path:
    """Where roles keep their counters: in memory where there is such a place, else in `var/metrics`.

    The files are mapped and full of holes. On a disk that runs full the next count would end the process with SIGBUS.
    """
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK | os.X_OK):
        return _MEMORY / _private_name(var)
    return var / "metrics"


def postgres_url(var: Path, database: str) -> str:
    """The connection URL of a database of the embedded Postgres."""
    return f"postgresql:///{database}?host={quote(str(socket_directory(var)))}&user=postgres"


def redis_url(var: Path) -> str:
    """The connection URL of the embedded Redis."""
    return f"unix://{quote(str(socket_directory(var)))}/redis.sock"


def _private_name(var: Path) -> str:
    """A folder's name that is this user's and this `var`'s alone."""
    digest = hashlib.sha256(os.fsencode(var)).hexdigest()[:16]
    return f"eventplatform-{os.geteuid()}-{digest}"
