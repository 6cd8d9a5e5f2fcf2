"""What alerts put on shared ground: their own troubles, and their place beside the watcher."""

from __future__ import annotations

from eventplatform import panels
from monitoring.alerts import troubles, watch


def register() -> None:
    """Tell of themselves, and go on where workers are dead."""
    panels.add_troubles("monitoring.alerts", troubles.troubles)
    panels.provide("watcher.beside", lambda: (watch.run,))
