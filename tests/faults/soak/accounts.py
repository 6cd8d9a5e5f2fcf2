"""Where every event of a soak went: what the answers promised, what the log took in, what stands in the store."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from eventplatform import env


def in_store(url: str) -> dict[str, int]:
    """Rows by stream, in the tables of the sample's warehouse."""
    with psycopg.connect(url) as connection:
        tables = connection.execute("select stream, name from events._tables").fetchall()
        counted = {}
        for stream, name in tables:
            statement = sql.SQL("select count(*) from {}").format(sql.Identifier("events", name))
            row = connection.execute(statement).fetchone()
            counted[str(stream)] = int(row[0]) if row else 0
        return counted


def recount(var: Path, port: int, minutes: int) -> tuple[bool, str]:
    """Whether the log holds what the intake counted, and what `manage.py recount` says."""
    own = {"VAR_DIR": str(var), "PORT": str(port), "ROLE": "web", "PROMETHEUS_MULTIPROC_DIR": ""}
    command = [sys.executable, "manage.py", "recount", "--minutes", str(minutes)]
    done = subprocess.run(command, cwd=env.ROOT, env=env.child(own), capture_output=True, text=True, check=False)
    said = done.stdout + "\n".join(line for line in done.stderr.splitlines() if line.startswith("CommandError"))
    return done.returncode == 0, said


def differences(promised: Mapping[str, int], found: Mapping[str, int]) -> dict[str, int]:
    """Streams of which more or less was found than promised."""
    return {name: found.get(name, 0) - count for name, count in promised.items() if found.get(name, 0) != count}
