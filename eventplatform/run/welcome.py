"""The last words of a start: where everything is, who may log in, and one event to send."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from eventplatform.embedded import addresses
from eventplatform.embedded.errors import ProgramMissingError
from eventplatform.embedded.postgres import client_program
from eventplatform.run.roles import HOST

_EVENT = {"$schema": "/sample/test_event/1.1.0", "meta": {"stream": "test.event"}, "test": "hello"}


def welcome(var: Path, port: int, *, is_embedded: bool) -> str:
    """The text that stands on the console once everything runs."""
    parts = (_addresses(port), _users(var), _try_it(var, port, is_embedded=is_embedded))
    return "\n".join(parts)


def curl(port: int) -> str:
    """One line that produces an event."""
    body = json.dumps(_EVENT, separators=(",", ":"))
    return f"curl -sS -i http://{HOST}:{port + 1}/v1/events -H 'Content-Type: application/json' -d '{body}'"


def _addresses(port: int) -> str:
    rows = {
        "pages": f"http://{HOST}:{port}/",
        "admin": f"http://{HOST}:{port}/admin/",
        "intake": f"http://{HOST}:{port + 1}/v1/events   (also, for DRF: http://{HOST}:{port}/v1/events)",
        "streams": f"http://{HOST}:{port + 2}/v2/ui   (as they come: /v2/stream/test.event)",
    }
    return _table(rows)


def _users(var: Path) -> str:
    kept = var / "demo-users.json"
    if not kept.exists():
        return ""
    users: Mapping[str, str] = json.loads(kept.read_text())
    return f"Demo users (kept in {shown(kept)}):\n" + _table(users)


def _try_it(var: Path, port: int, *, is_embedded: bool) -> str:
    where = {"start page": f"http://{HOST}:{port}/", "files": f"{shown(var / 'events')}/   (within 10 s)"}
    if is_embedded:
        url = shlex.quote(addresses.postgres_url(var, "warehouse"))
        where["Postgres"] = f"{_psql()} {url} -c 'table events.test_event'"
    return f"Send an event:\n\n{curl(port)}\n\nand see it arrive:\n" + _table(where)


def _psql() -> str:
    """The user's own psql, else the one of the embedded Postgres."""
    if shutil.which("psql"):
        return "psql"
    try:
        return shlex.quote(shown(client_program("psql")))
    except ProgramMissingError:
        return "psql"


def shown(path: Path) -> str:
    """A path as short as it can be typed here."""
    here = Path.cwd()
    return os.path.relpath(path, here) if path.is_relative_to(here) else str(path)


def _table(rows: Mapping[str, str]) -> str:
    width = max(map(len, rows), default=0)
    return "".join(f"  {name:<{width}}   {text}\n" for name, text in rows.items())
