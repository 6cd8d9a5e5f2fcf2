"""`manage.py relay_events`: sends what the outbox holds until it is stopped, or once."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eventclient.outbox.courier import HttpCourier
from eventclient.outbox.django.rows import DjangoStore
from eventclient.outbox.relay import Relay


class Command(BaseCommand):
    help = "Send the events of the outbox. Several may run at the same time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--platform", default="", help="the platform's address; otherwise EVENTCLIENT_PLATFORM of the settings"
        )
        parser.add_argument("--intake", default="", help="one intake for all, in place of what the platform says")
        parser.add_argument("--database", default="default")
        parser.add_argument("--once", action="store_true", help="send what is due and end; 1 where events still wait")
        parser.add_argument("--batch", type=int, default=200)
        parser.add_argument(
            "--lease", type=float, default=60.0, help="seconds after which a killed relay's events are sent again"
        )
        parser.add_argument("--keep", type=float, default=86400.0, help="seconds that sent events stay")
        parser.add_argument("--requeue", nargs="?", const="", metavar="CODE", help="let refused events wait again, and end")
        parser.add_argument("--counts", action="store_true", help="say how many there are of each, and end")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002  # Django's signature
        store = DjangoStore(options["database"])
        if options["requeue"] is not None:
            self.stdout.write(f"{store.requeue(options['requeue'], datetime.now(UTC))} events wait again.")
        elif options["counts"]:
            self.stdout.write(str(store.counts(datetime.now(UTC))))
        else:
            self._relay(store, options)

    def _relay(self, store: DjangoStore, options: dict[str, Any]) -> None:
        lease, keep = timedelta(seconds=options["lease"]), timedelta(seconds=options["keep"])
        relay = Relay(store, _courier(options), batch=options["batch"], lease=lease, keep=keep)
        if not options["once"]:
            relay.run(_until_stopped())
            return
        relay.once()
        relay.clean()
        found = store.counts(datetime.now(UTC))
        self.stdout.write(str(found))
        if found.waiting:
            raise CommandError("Events still wait; they are tried again with the next call.", returncode=1)


def _courier(options: dict[str, Any]) -> HttpCourier:
    from django.conf import settings

    platform = options["platform"] or getattr(settings, "EVENTCLIENT_PLATFORM", "")
    if not platform and not options["intake"]:
        raise CommandError("No address is known. Set EVENTCLIENT_PLATFORM in the settings, or give --platform.", returncode=2)
    return HttpCourier(platform, intake=options["intake"], key=getattr(settings, "EVENTCLIENT_KEY", ""))


def _until_stopped() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
