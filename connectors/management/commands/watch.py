"""`manage.py watch`: wakes connectors until SIGTERM or Ctrl-C."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from connectors.group_mirror import GroupMirror
from connectors.watcher import Watcher
from eventplatform import panels


class Command(BaseCommand):
    """Runs the watcher."""

    help = "Watch the event log and ask workers to run connectors that have something to do."

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        threading.Thread(target=GroupMirror().run, args=(stop,), name="group-mirror", daemon=True).start()
        for beside in panels.call("watcher.beside", default=()):
            threading.Thread(target=beside, args=(stop,), name="beside-the-watcher", daemon=True).start()
        Watcher().run(stop)
