"""`make bench-dashboard`: what the overview and its pages cost the web role with 250 streams and 30 days of data.

A fresh embedded Postgres is filled with rows of a large site (`dashboard_fill`); then each page is asked in this process, the
whole stack of middleware included, with nothing shared in memory (cold) and as those who look later find it (warm). CPU is this
process's and its database session's together, which tells what a quiet machine would need.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil  # the project's root is on the path first

from eventplatform import env
from eventplatform.embedded.postgres import Postgres

if TYPE_CHECKING:
    from django.test import Client

_PAGES = ("/overview", "/overview/picture", "/overview/streams", "/overview/services/analytics-external")
_RANGES = ("1h", "24h", "7d", "30d")
_WANTED_MS = 300
_INSIDE = "DASHBOARD_BENCH_INSIDE"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--keep", type=Path, help="a folder for the database that is kept, and used again where it is filled")
    options = parser.parse_args()
    if env.flag(_INSIDE):
        measure(options.rounds, options.days)
        return
    folder = options.keep or Path(tempfile.mkdtemp(prefix="epb-"))
    server = Postgres(folder)
    server.start()
    try:
        server.ensure_database("dashboard")
        url = server.url("dashboard")
        told = {
            "DATABASE_URL": url,
            "EVENT_LOG_URL": "memory://",
            "VAR_DIR": str(folder),
            _INSIDE: "1",
            "CANARY_INTERVAL_SECONDS": "300",
        }
        subprocess.run([sys.executable, *sys.argv], env=env.child(told), check=True)
    finally:
        server.stop()
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(server.sockets, ignore_errors=True)


def measure(rounds: int, days: int) -> None:
    """Fill where nothing is there yet, ask, print."""
    import django

    env.use_settings()
    django.setup()
    logging.disable(logging.CRITICAL)
    from django.conf import settings
    from django.db import connection

    from bench.dashboard_fill import fill

    settings.ALLOWED_HOSTS = ["*"]
    if "monitoring_streamvolume" not in connection.introspection.table_names():
        started = time.perf_counter()
        fill(days)
        print(f"Filled in {time.perf_counter() - started:.0f} s.")
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start; Python {platform.python_version()};"
        f" {days} days; least of {rounds}, since the machine has other work.\n"
    )
    print("| page | range | cold ms | of it CPU | warm ms | queries, cold | kB |\n|---|---|--:|--:|--:|--:|--:|")
    for page in _PAGES:
        for name in _RANGES:
            print(f"| `{page}` | {name} | {_row(f'{page}?range={name}', rounds)} |", flush=True)


def _row(address: str, rounds: int) -> str:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from monitoring.dashboard import shared

    client, asked = Client(), []
    client.get(address)  # imports and templates are no cost of a page
    shared.forget()
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
        queries = len(captured)  # now: the next request forgets them
    for _ in range(rounds):
        shared.forget()
        asked.append(_asked(client, address))
    cold = min(asked)
    warm = statistics.median(_asked(client, address)[0] for _ in range(rounds))
    mark = "" if cold[0] <= _WANTED_MS else " (!)"
    return f"{cold[0]:.0f}{mark} | {cold[1]:.0f} | {warm:.0f} | {queries} | {cold[2] / 1000:.0f}"


def _asked(client: Client, address: str) -> tuple[float, float, int]:
    """Milliseconds by the clock, of CPU of this process and of its session at the database, and the answer's bytes."""
    before, started = _cpu(), time.perf_counter()
    answer = client.get(address)
    passed = time.perf_counter() - started
    if answer.status_code != 200:
        sys.exit(f"{address} answered {answer.status_code}")
    return passed * 1000, (_cpu() - before) * 1000, len(answer.content)


def _cpu() -> float:
    from django.db import connection

    connection.ensure_connection()
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in (os.getpid(), connection.connection.info.backend_pid))


if __name__ == "__main__":
    main()
