"""`manage.py send_canaries`: send canaries now, to some streams or all, for now or for a past hour."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from eventplatform.eventlog import event_log
from monitoring import canaries, canary
from monitoring.canaries import Post
from monitoring.hours.noting import hour_of
from monitoring.posting import Intake
from streamconfig.lookups import fresh_snapshot


class Command(BaseCommand):
    """Sends canaries and tells each answer; ends with 1 where one was not taken."""

    help = (
        "Send one canary per stream and intake now, all of them tried before the exit code is chosen (1 where one failed). "
        "With --hour its dt lies in that past hour, for consumers that sort by dt; it proves that the path works now, "
        "not that the hour's own events arrived."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--stream", action="append", help="Only to this one; may be given again. All otherwise.")
        parser.add_argument("--hour", help="A past hour, as 2026-11-26T07:00Z.")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be sent, and what not and why.")

    def handle(self, *_args: Any, **options: Any) -> None:
        hour = _hour(options["hour"])
        with canaries.opened_intakes() as intakes:
            posts, left_out = _posts(options["stream"], intakes, hour)
            for name, why in left_out:
                self.stdout.write(f"{name}: left out. {why}")
            answers = [] if options["dry_run"] else canaries.send(posts, event_log())
        if options["dry_run"]:
            for post in posts:
                self.stdout.write(f"{post.stream.name}: would go to {post.topic} through {post.intake.url}")
            return
        for post, answer in zip(posts, answers, strict=True):
            said = "taken" if answer.is_accepted else f"not taken: {answer.error}"
            self.stdout.write(f"{post.stream.name} through {post.intake.url}: {answer.status or 'no answer'}, {said}")
        failed = sum(not answer.is_accepted for answer in answers)
        if failed:
            message = f"{failed} of {len(answers)} canaries were not taken."
            raise CommandError(message)


def _posts(
    wanted: list[str] | None, intakes: tuple[Intake, ...], hour: datetime | None
) -> tuple[list[Post], list[tuple[str, str]]]:
    """What to send, and what is left out and why; a stream that was asked for gets one though its canaries are off."""
    config = fresh_snapshot()
    posts, left_out = [], [(name, "There is no such stream.") for name in wanted or () if config.find_stream(name) is None]
    for stream in [config.find_stream(name) for name in wanted] if wanted else config.streams.values():
        if stream is None:
            continue
        example = config.schemas.canary_example(stream.schema_title)
        doors = canaries.through(stream.service, intakes).values()
        why_not = canary.excluded_because(stream, example) or ("" if doors else canary.NO_INTAKE)
        if why_not == canary.NOT_WANTED and wanted:
            why_not = "" if example is not None else canary.NO_EXAMPLE
        if why_not or example is None:
            left_out.append((stream.name, why_not))
        else:
            posts += [Post(stream, intake, example, hour) for intake in doors]
    return posts, left_out


def _hour(given: str | None) -> datetime | None:
    if not given:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        message = f"--hour {given!r} can't be read; write it as 2026-11-26T07:00Z."
        raise CommandError(message) from None
    hour = hour_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    if hour >= hour_of(timezone.now()):
        message = f"--hour {given}: that hour is not over; leave --hour out to send one now."
        raise CommandError(message)
    return hour
