"""`make soak MINUTES=60`: the whole platform under a quiet load; no false alarm, flat memory, every event accounted for."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable

import httpx

from tests.e2e.platform import Platform
from tests.faults.soak import accounts
from tests.faults.soak.load import STREAMS, Producers, Readers
from tests.faults.soak.watch import Watch
from tests.faults.verifying import tell

ROLES = ("intake", "web", "worker", "watcher", "beat", "stream")
_WATCHED_BY_READERS = ("test.event", "ui.page_load")
_SETTLE_SECONDS = 120.0
_LEAST_GROWTH = 6 * 1024 * 1024  # of a short run; allocators move that much without a leak
_GROWTH_PER_HOUR = 10 * 1024 * 1024
_MORE_FILES = 8
_MB = 1024 * 1024


def main(minutes: float) -> int:
    """Run it; the exit code says whether all held."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with Platform() as platform:
        web, intake, stream = (f"http://127.0.0.1:{platform.port + n}" for n in range(3))
        watch, producers, readers = Watch(web, intake, ROLES), Producers(intake), Readers(stream, _WATCHED_BY_READERS)
        began = time.monotonic()
        tell(f"{minutes:g} minutes on {web}, {len(STREAMS)} streams")
        watch.look()
        before = dict(watch.alerts)
        with watch.running():
            with readers.running():
                with producers.running():
                    time.sleep(minutes * 60)
                wait_for(lambda: not accounts.differences(producers.accepted, accounts.in_store(platform.warehouse)))
                wait_for(lambda: not missing(readers, producers))
            watch.look()
        stored = accounts.in_store(platform.warehouse)
        is_whole, said = accounts.recount(platform.var, platform.port, int(minutes) + 3)
        violations = [
            *alarms(watch, before),
            *events(producers, readers, stored),
            *([] if is_whole else [said]),
            *courses(watch, time.monotonic() - began),
            *([f"roles did not answer {watch.unanswered} times"] if watch.unanswered > 1 else []),
        ]
        tell(said)
        tell(platform.errors() or "no errors in the logs")
    for one in violations:
        tell(f"VIOLATED: {one}")
    tell("failed" if violations else "all held")
    return int(bool(violations))


def alarms(watch: Watch, before: dict[str, str]) -> list[str]:
    """Alerts that opened since."""
    return [f"a false alarm: {key}: {what}" for key, what in watch.alerts.items() if key not in before]


def events(producers: Producers, readers: Readers, stored: dict[str, int]) -> list[str]:
    """What was not answered as it should be, not stored, or not given out."""
    tell(f"{'stream':<18} {'accepted':>9} {'invalid':>8} {'stored':>9} {'given out':>10}")
    for name in STREAMS:
        row = f"{producers.accepted[name]:>9} {producers.refused[name]:>8} {stored.get(name, 0):>9} {readers.seen[name]:>10}"
        tell(f"{name:<18} {row}")
    found = [f"answers that should not be: {dict(producers.odd)}"] if producers.odd else []
    if wrong := accounts.differences(producers.accepted, stored):
        found.append(f"stored is not what was accepted: {wrong}")
    if wrong := missing(readers, producers):
        found.append(f"given out is not what was accepted: {wrong} ({dict(readers.troubles)})")
    return found


def courses(watch: Watch, seconds: float) -> list[str]:
    """Roles that take more and more."""
    found = []
    allowed = max(_LEAST_GROWTH, _GROWTH_PER_HOUR * seconds / 3600)
    tell(f"{'role':<8} {'MB then':>8} {'MB now':>8} {'MB/hour':>8} {'grown':>7} {'files':>10}")
    for role in ROLES:
        course = watch.course(role)
        if course is None:
            tell(f"{role:<8} not seen")
            continue
        sizes = (course.first_bytes, course.last_bytes, course.slope_per_hour)
        words = " ".join(f"{value / _MB:>8.1f}" for value in sizes)
        tell(f"{role:<8} {words} {course.grown / _MB:>7.1f} {course.files[0]:>4.0f}/{course.files[1]:.0f}")
        if course.grown > allowed:
            found.append(f"{role} grew by {course.grown / _MB:.1f} MB, {course.slope_per_hour / _MB:.1f} MB an hour")
        if course.files[1] > course.files[0] + _MORE_FILES:
            found.append(f"{role} holds more and more files: {course.files[0]:.0f}, then {course.files[1]:.0f}")
    return found


def missing(readers: Readers, producers: Producers) -> dict[str, int]:
    """Streams of which readers had more or less than was accepted."""
    return accounts.differences({name: producers.accepted[name] for name in readers.seen}, readers.seen)


def wait_for(holds: Callable[[], bool]) -> None:
    """Until it holds, or the time is up; the accounts then say what is missing."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while not holds() and time.monotonic() < deadline:
        time.sleep(1)


if __name__ == "__main__":
    try:
        sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
    except httpx.HTTPError as error:
        sys.exit(f"The platform does not answer: {error!r}")
