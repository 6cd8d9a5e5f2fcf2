"""`manage.py drain_spool FOLDER`: send what a lost host left in its spool to the log."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from eventplatform.broker.base import LogUnavailableError
from eventplatform.core.errors import PlatformError
from intake.spool.drain import TIMEOUT_SECONDS, Drain
from intake.spool.outlet import Outlet
from intake.spool.spool import Spool

_REPORT_SECONDS = 2.0
_PAUSE_SECONDS = 1.0


class Command(BaseCommand):
    help = "Send what is left in the spool of a host that is gone; refused while that host's intake has it open."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="the spool's folder, as SPOOL_DIR named it")
        parser.add_argument("--patience", type=float, default=60, help="seconds to wait for a log that is away")

    def handle(self, *_args: Any, folder: Path, patience: float, **_options: Any) -> None:
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.")
        try:
            spool = Spool(folder, is_alone=True)
        except (PlatformError, OSError) as error:
            raise CommandError(f"{error} {getattr(error, 'hint', '')}".strip()) from error
        try:
            self._drain(spool, patience)
        finally:
            spool.close()

    def _drain(self, spool: Spool, patience: float) -> None:
        from eventplatform.eventlog import event_log

        outlet = Outlet(spool)
        producer = event_log().producer(timeout_seconds=3 * TIMEOUT_SECONDS)
        drain = Drain(outlet, producer)
        try:
            self.stdout.write(f"{outlet.recount()} records wait in {spool.folder}.")
            self._send(drain, patience)
            drain.finish()
        finally:
            outlet.close()
            producer.close()
        self._report(drain, spool.folder)

    def _send(self, drain: Drain, patience: float) -> None:
        told_at = well_at = time.monotonic()
        count = 1
        while count:
            try:
                count = drain.step(is_alone=True)
                well_at = time.monotonic()
            except LogUnavailableError as error:
                if time.monotonic() - well_at > patience:
                    raise CommandError(f"{error} {drain.drained} records were sent; the others are where they were.") from error
                time.sleep(_PAUSE_SECONDS)
            if time.monotonic() - told_at > _REPORT_SECONDS:
                told_at = time.monotonic()
                self.stdout.write(f"{drain.drained} sent …")

    def _report(self, drain: Drain, folder: Path) -> None:
        self.stdout.write(f"{drain.drained} records sent, {drain.refused} refused by the log, {drain.damaged} places damaged.")
        if drain.refused or drain.damaged:
            self.stdout.write(f"What could not be sent is kept in {folder / 'quarantine'}.")
