"""`manage.py recount`: does the log hold what the intake counted?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from eventplatform.core.errors import PlatformError
from eventplatform.eventlog import event_log
from monitoring import spool, volumes
from monitoring.outcomes.recount import Recount, owners, recount
from monitoring.posting import Intake
from streamconfig.lookups import fresh_snapshot

_WORDS: Mapping[str, str] = {
    "equal": "equal",
    "more": "more in the log than counted",
    "edge": "fewer, within the window's edge",
    "missing": "MISSING from the log",
}


class Command(BaseCommand):
    help = "Compare what the intake counted as kept with the records of the log, by stream; fails where events are missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--minutes", type=int, default=60, help="whole minutes to look back, seven days at most")

    def handle(self, *_args: Any, minutes: int, **_options: Any) -> None:
        waiting = self._read_counters()
        end = timezone.now()
        begin = end.replace(second=0, microsecond=0) - timedelta(minutes=max(minutes, 0))
        topics = {name: stream.topics for name, stream in fresh_snapshot().streams.items()}
        try:
            found = recount(event_log(), owners(topics), begin=begin, end=end)
        except PlatformError as error:
            raise CommandError(str(error)) from error
        self._tell(found, waiting)
        if found.missing > waiting:
            raise CommandError(f"{found.missing - waiting} events that were counted as kept are not in the log.")

    def _read_counters(self) -> int:
        """Count up to this moment; how many events wait in the spool."""
        with Intake(settings.INTAKE_URL) as intake:
            text = intake.text("/metrics")
            if text is None:
                raise CommandError(f"{settings.INTAKE_URL} does not answer, so nobody says what it counted.")
            volumes.sample_intake(intake)
        with Intake(settings.WEB_URL, headers=volumes.headers_of_the_proxy()) as web:
            volumes.sample_web(web)
        seen = spool.seen(text)
        return seen.records if seen else 0

    def _tell(self, found: Recount, waiting: int) -> None:
        self.stdout.write(f"{found.begin:%Y-%m-%d %H:%M} to {found.end:%H:%M:%S} UTC")
        self.stdout.write(f"{'stream':<40} {'counted':>12} {'in the log':>12} {'difference':>11}")
        for line in found.lines:
            told = f"{line.stream:<40} {line.counted:>12} {line.in_log:>12} {line.difference:>+11}  {_WORDS[line.verdict]}"
            self.stdout.write(told)
        self.stdout.write(
            f"received {found.received}, outcomes {found.settled}, without outcome {found.open}; waiting in the spool {waiting}"
        )
