"""`manage.py move_cluster`: connectors go on in a new Kafka cluster where they stood in the old one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from connectors import moving_positions
from connectors.models import Connector
from connectors.moving import Move
from eventplatform.broker import open_log
from eventplatform.broker.security import PLAINTEXT
from eventplatform.core.errors import PlatformError
from eventplatform.eventlog import event_log

_LINE = "{:<24} {:<32} {:>12} {:>12}  {:<9} {}"


class Command(BaseCommand):
    """Prints what would become of each position; `--apply` moves them."""

    help = "Move the positions of paused connectors to the event log as EVENT_LOG_URL names it now, a copy of a former one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("connectors", nargs="*", help="names; without any: all that are paused or stopped")
        parser.add_argument(
            "--old", default="", help="the former log, kafka://host:port: needed for copies that don't name their original"
        )
        parser.add_argument(
            "--old-plaintext", action="store_true", help="the former log is reached without KAFKA_SECURITY_PROTOCOL"
        )
        parser.add_argument("--apply", action="store_true", help="move them; without it nothing changes")

    def handle(self, *_args: Any, **options: Any) -> None:
        rows = Connector.objects.select_related("target").filter(is_enabled=False)
        if options["connectors"]:
            rows = rows.filter(name__in=options["connectors"])
        missing = set(options["connectors"]) - {row.name for row in rows}
        if missing:
            message = f"Not there, or not paused: {', '.join(sorted(missing))}. Pause them first."
            raise CommandError(message)
        security = PLAINTEXT if options["old_plaintext"] else settings.KAFKA_SECURITY
        old = open_log(options["old"], security) if options["old"] else None
        self.stdout.write(_LINE.format("connector", "partition", "stood at", "goes on at", "by", "read again"))
        failed = [row.name for row in rows if not self._move(row, old, is_applied=options["apply"])]
        if old is not None:
            old.close()
        if not options["apply"]:
            self.stdout.write("Nothing was changed. --apply moves the positions.")
        if failed:
            message = f"Not moved: {', '.join(failed)}."
            raise CommandError(message)

    def _move(self, connector: Connector, old: Any, *, is_applied: bool) -> bool:
        try:
            moves = moving_positions.plan(connector, old, event_log())
            for move in moves:
                self._tell(connector, move)
            if is_applied:
                moving_positions.apply(connector, moves)
        except PlatformError as error:
            self.stderr.write(f"{connector.name}: {error} {error.hint}")
            return False
        return True

    def _tell(self, connector: Connector, move: Move) -> None:
        stood = move.stored.next_offset if move.stored else "-"
        again = str(move.duplicates) if move.is_exact or not move.duplicates else f"up to {move.duplicates}"
        where = f"{move.where.topic}/{move.where.partition}"
        self.stdout.write(_LINE.format(connector.name, where, stood, move.after.next_offset, move.method, again))
