"""Hours that are over and not complete, as troubles: one per store, and none where the cause is told already."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from connectors import lookups as connectors
from eventplatform import figures
from eventplatform.panels import Trouble
from monitoring.hours import lookups
from monitoring.hours.judging import HOUR
from monitoring.hours.lookups import StoredHour
from monitoring.hours.weighing import THE_LOG
from monitoring.lookups import canary_paths, canary_producer

_LAST = 3  # hours that are told; what is older stands on the page
_NAMED = 3


def troubles() -> list[Trouble]:
    """What hangs on a stage that is red now, on a connector that says itself what ails it or is paused, is no news."""
    late = lookups.late(_LAST)
    if not late or not canary_producer().is_sending:
        return []
    told = {view.name for view in connectors.overview() if view.last_error or not view.is_enabled}
    broken = {path.stream for path in canary_paths() if path.broken}
    found = []
    for connector, hit in late.items():
        news = [(stream, hour) for stream, hour in hit if stream not in broken]
        if news and connector not in told:
            found.append(_trouble(connector, news))
    return found


def _trouble(connector: str, hit: Sequence[tuple[str, StoredHour]]) -> Trouble:
    names = list(dict.fromkeys(stream for stream, _ in hit))
    listed = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    newest, oldest = hit[0][1], min(hour.hour for _, hour in hit)
    store = "the log" if connector == THE_LOG else connector
    return Trouble(
        "warn",
        f"Hour {newest.hour:%H}:00 of {listed} is not complete in {store}",
        f"{newest.reason} Whoever waits for that hour waits on.",
        f"/hours?store={connector}" if connector else "/hours",
        "See the hours",
        since=figures.ago(oldest + HOUR, timezone.now()),
        kind="traffic.hour_incomplete",
        subject=connector or "log",
        began_at=oldest + HOUR,
    )
