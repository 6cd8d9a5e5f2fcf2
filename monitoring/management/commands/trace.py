"""`manage.py trace`: where is my event?"""

from __future__ import annotations

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from eventplatform.core.errors import PlatformError
from eventplatform.eventlog import event_log
from monitoring.trace import answering
from monitoring.trace.answering import Answer
from monitoring.trace.asked import Asked
from monitoring.trace.telling import as_json, as_text
from streamconfig.lookups import fresh_snapshot

_NOT_FOUND, _RED, _UNKNOWN = 1, 2, 3


class Command(BaseCommand):
    help = (
        "Follow one event from the client to every store. Exit code 0: found; 1: not found in what was looked at; "
        "2: found, and something is red; 3: the question can't be answered."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("id", nargs="?", default="", help="the event's meta.id")
        what.add_argument("--request-id", default="", help="or the id of the request that brought it")
        what.add_argument("--key", default="", help="or its message key, as enwiki/1093")
        parser.add_argument("--stream", default="", help="look in this stream alone")
        parser.add_argument("--since", default="", help="from this moment on; else by the id's own time, or 24 hours")
        parser.add_argument("--until", default="", help="up to this moment")
        parser.add_argument("--seconds", type=int, default=60, help="how long to look at most")
        parser.add_argument("--json", action="store_true", help="as /api/v1/trace answers")

    def handle(self, *_args: Any, **options: Any) -> None:
        text = options["id"] or options["request_id"] or options["key"]
        by: Any = "id" if options["id"] else "request" if options["request_id"] else "key"
        asked = Asked(by, text, options["stream"], since=options["since"], until=options["until"])
        fresh_snapshot()
        try:
            found = self._looked(asked, options["seconds"])
        except PlatformError as error:
            raise CommandError(f"{error} {error.hint}", returncode=_UNKNOWN) from error
        if options["json"]:
            self.stdout.write(json.dumps(as_json(found), indent=2, ensure_ascii=False))
        else:
            for line in as_text(found):
                self.stdout.write(line)
        if found.way is None:
            raise SystemExit(_NOT_FOUND)
        if found.way.verdict.is_red:
            raise SystemExit(_RED)

    def _looked(self, asked: Asked, seconds: int) -> Answer:
        """One bounded look after the other, until something is found, all is looked at or the time is up."""
        until = time.monotonic() + seconds
        question = asked.question()
        found = answering.answer(event_log(), question)
        while found.state == "searching" and found.looked and time.monotonic() < until:
            self.stderr.write(f"{found.looked.percent} % looked at, {found.looked.records} records …")
            found = answering.answer(event_log(), question, go_on=found.looked.cursor)
        return found
