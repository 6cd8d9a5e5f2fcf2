"""`manage.py check_instrument`: is my instrument live and correct?"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from eventplatform.core.errors import PlatformError
from eventplatform.eventlog import event_log
from monitoring.instruments import asked, checking
from monitoring.instruments.checking import RANGES, USUAL
from monitoring.instruments.evidence.facts import Subject
from monitoring.instruments.telling import as_json, as_text
from streamconfig.lookups import fresh_snapshot

_WRONG, _UNKNOWN = 1, 3


class Command(BaseCommand):
    help = (
        "Whether an instrument, or a stream, is live and correct: what clients are told, and what their events show. "
        "Exit code 0: live, and nothing is wrong; 1: not live, or not correct; 3: nobody knows, since a part is away."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("key", nargs="?", default="", help="the instrument's key")
        what.add_argument("--stream", default="", help="or a stream as a whole")
        parser.add_argument("--range", default=USUAL, choices=list(RANGES), help="how far back to look")
        parser.add_argument("--site", default="", help="as a client of this site is told")
        parser.add_argument("--id", default="", help="would a client with this identifier send?")
        parser.add_argument("--json", action="store_true", help="as /api/v1/instruments/<key>/check answers")

    def handle(self, *_args: Any, **options: Any) -> None:
        wanted = asked.read({"site": options["site"], "id": options["id"]})
        try:
            config = fresh_snapshot()
            subject = Subject(options["stream"]) if options["stream"] else checking.subject_of(config, options["key"])
            found = checking.check(event_log(), subject, minutes=RANGES[options["range"]], site=wanted.site)
        except (PlatformError, DatabaseError) as error:
            raise CommandError(f"It can't be told now: {error}", returncode=_UNKNOWN) from error
        if options["json"]:
            self.stdout.write(json.dumps(as_json(found, wanted.client), indent=2, ensure_ascii=False))
        else:
            for line in as_text(found):
                self.stdout.write(line)
            if wanted.identifier:
                self.stdout.write(f"A client with this identifier: {found.decision(wanted.client).outcome}.")
        if found.verdict.state == "unknown":
            raise SystemExit(_UNKNOWN)
        if not found.verdict.is_correct:
            raise SystemExit(_WRONG)
