"""Every kind of trouble that becomes an alert, and which are held while another lasts; declared in `areas/`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitoring.alerts.areas import doors, parts, paths, steering, stores
from monitoring.alerts.kind import Kind

__all__ = ["HOLDS", "KINDS", "Kind", "find", "held_by"]

KINDS: Mapping[str, Kind] = {kind.code: kind for area in (parts, paths, doors, stores, steering) for kind in area.KINDS}

# While the left one lasts, those that begin so are held: they most likely are its effect, and one alert is enough.
HOLDS: Mapping[str, tuple[str, ...]] = {
    "part.database": (
        "part.workers",
        "part.watcher",
        "part.configuration",
        "part.log",
        "canary.",
        "traffic.",
        "connector.",
        "message.",
    ),
    "part.log": (
        "canary.",
        "traffic.",
        "connector.retrying",
        "connector.behind",
        "topic.failed",
        "expectation.",
        "stream_out.",
        "part.spool",
    ),
    "part.intake": ("canary.", "traffic.", "intake."),
    "part.workers": ("canary.", "traffic.", "connector.behind", "message.stuck", "part.spool", "expectation.", "topic."),
    "part.watcher": ("connector.behind", "canary.store"),
    "canary.producer": ("canary.intake", "canary.topic", "canary.store", "canary.output"),
}


def find(code: str) -> Kind | None:
    """A kind by its code; None where nobody declared it."""
    return KINDS.get(code)


def held_by(code: str, lasting: Iterable[str]) -> str:
    """The kind among those that last now which holds `code` back; empty where none does."""
    return next((above for above in lasting if above != code and code.startswith(HOLDS.get(above) or ("\0",))), "")
