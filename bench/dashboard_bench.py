"""`make bench-dashboard`: what the overview and its pages cost the web role with 250 streams and 30 days of data.

A fresh embedded Postgres is filled with rows of a large site (`dashboard_fill`); then each page is asked in this process, the
whole stack of middleware included, once with nothing shared in memory (cold) and then as often as told, as those who look
later find it (warm). Queries are counted in the cold request.
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

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from eventplatform import env  # the project's root is on the path first
from eventplatform.embedded.postgres import Postgres

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
        f" {days} days; medians of {rounds}.\n"
    )
    print("| page | range | cold ms | warm ms | queries, cold | kB |\n|---|---|--:|--:|--:|--:|")
    for page in _PAGES:
        for name in _RANGES:
            print(f"| {page} | {name} | {_row(f'{page}?range={name}', rounds)} |")


def _row(address: str, rounds: int) -> str:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from monitoring.dashboard import shared

    client, cold, warm, queries, size = Client(), [], [], 0, 0
    client.get(address)  # imports and templates are no cost of a page
    for number in range(3):
        shared.forget()
        if not number:
            with CaptureQueriesContext(connection) as captured:
                client.get(address)
            queries = len(captured)
            continue
        cold.append(_timed(client, address)[0])
    for _ in range(rounds):
        seconds, size = _timed(client, address)
        warm.append(seconds)
    mark = "" if max(cold) * 1000 <= _WANTED_MS else " (!)"
    return f"{statistics.median(cold) * 1000:.0f}{mark} | {statistics.median(warm) * 1000:.0f} | {queries} | {size / 1000:.0f}"


def _timed(client: object, address: str) -> tuple[float, int]:
    started = time.perf_counter()
    answer = client.get(address)  # type: ignore[attr-defined]  # Django's test client, which this module can't import yet
    seconds = time.perf_counter() - started
    if answer.status_code != 200:
        sys.exit(f"{address} answered {answer.status_code}")
    return seconds, len(answer.content)


if __name__ == "__main__":
    main()
