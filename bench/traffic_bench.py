"""What traffic costs with 250 streams, 400 days of hours and 8 days of minutes: `make bench-traffic`.

Fills an embedded Postgres of its own with made-up counts, asks what pages and ticks ask, and prints the least and the median
milliseconds.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from eventplatform import env
from eventplatform.embedded.postgres import Postgres

STREAMS, DAYS, MINUTE_DAYS = 250, 400, 8
ROUNDS = 7
_FILL = (
    """INSERT INTO monitoring_sampledminute
       SELECT m, m + interval '70 s' FROM generate_series(%(week)s, %(now)s, interval '1 min') m""",
    """INSERT INTO monitoring_streamvolume (stream, minute, events)
       SELECT 'stream.' || s, m, 30 + (random() * 60)::int FROM generate_series(1, %(streams)s) s,
       generate_series(%(week)s, %(now)s, interval '1 min') m""",
    "INSERT INTO monitoring_countedhour SELECT h, 60 FROM generate_series(%(year)s, %(now)s, interval '1 hour') h",
    """INSERT INTO monitoring_streamhour (stream, hour, events, canaries, peak, first, last, gap)
       SELECT 'stream.' || s, h, 3000 + (random() * 600)::int, 12, 90, 0, 59, 0 FROM generate_series(1, %(streams)s) s,
       generate_series(%(year)s, %(now)s, interval '1 hour') h""",
    """INSERT INTO monitoring_countedday
       SELECT d, 1440 FROM generate_series(%(year)s::date, %(now)s::date - 1, interval '1 day') d""",
    """INSERT INTO monitoring_streamday (stream, day, events, peak)
       SELECT 'stream.' || s, d, 86400, 90 FROM generate_series(1, %(streams)s) s,
       generate_series(%(year)s::date, %(now)s::date - 1, interval '1 day') d""",
    """INSERT INTO monitoring_intakehour (hour, service, stream, outcome, reason, count)
       SELECT h, 'main', 'stream.' || s, o, '', 100 FROM generate_series(1, %(streams)s) s,
       unnest(ARRAY['accepted', 'invalid']) o, generate_series(%(month)s, %(now)s, interval '1 hour') h""",
    "ANALYZE",
)


def main() -> None:
    """Fill, ask, print."""
    env.use_settings()
    with tempfile.TemporaryDirectory(prefix="ep-") as folder:
        server = Postgres(Path(folder), ["synchronous_commit=off", "fsync=off"])
        server.start()
        try:
            _measure(server)
        finally:
            server.stop()


def _measure(server: Postgres) -> None:
    import django
    from django.conf import settings

    server.ensure_database("bench")
    settings.DATABASES["default"] |= {"NAME": "bench", "HOST": str(server.sockets), "PORT": "", "USER": "postgres"}
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    _fill(now)
    for name, ask in _asked(now).items():
        seconds = [_timed(ask) for _ in range(ROUNDS)]
        print(f"| {name} | {min(seconds) * 1000:,.0f} | {statistics.median(seconds) * 1000:,.0f} |")


def _fill(now: datetime) -> None:
    from django.db import connection

    hour = now.replace(minute=0)
    facts: dict[str, Any] = {
        "now": now,
        "week": hour - timedelta(days=MINUTE_DAYS),
        "month": hour - timedelta(days=30),
        "year": hour.replace(hour=0) - timedelta(days=DAYS),
        "streams": STREAMS,
    }
    with connection.cursor() as cursor:
        for statement in _FILL:
            cursor.execute(statement, facts)


def _asked(now: datetime) -> dict[str, Callable[[], object]]:
    from monitoring.traffic import learning_tick, lookups, recent, rolling
    from monitoring.traffic.ranges import RANGES

    names = [f"stream.{number}" for number in range(1, STREAMS + 1)]
    asked: dict[str, Callable[[], object]] = {}
    for of in RANGES.values():
        begin, end = of.window(now)
        asked[f"one stream, {of.words}"] = partial(lookups.series, names[:1], begin, end, of.step)
        asked[f"its outcomes, {of.words}"] = partial(lookups.outcome_series, names[:1], begin, end, of.step)
        asked[f"all streams together, {of.words}"] = partial(lookups.total_series, begin, end, of.step)
    midnight = now.replace(hour=0, minute=0)
    asked["one stream, 400 days by day"] = lambda: lookups.series(names[:1], midnight - 400 * lookups.DAY, now, lookups.DAY)
    asked["every stream, an hour by minute"] = lambda: lookups.series(None, now - lookups.HOUR, now, lookups.MINUTE)
    asked["tick: roll up the hour that runs"] = lambda: rolling.roll_up(now)
    asked["tick: the newest counts of every stream"] = lambda: recent.recent(now=now, streams=names)
    asked["tick: learn 20 streams"] = lambda: learning_tick._learn(names[:20], now)  # noqa: SLF001  # what a tick does
    return asked


def _timed(ask: Callable[[], object]) -> float:
    begun = time.perf_counter()
    ask()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
