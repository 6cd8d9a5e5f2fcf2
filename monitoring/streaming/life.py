"""What a process of the role says of itself now and then, and what that means for those who look after it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from eventplatform import figures
from eventplatform.panels import Trouble
from monitoring import lookups

ROLE = "stream"
BEAT_SECONDS = 10.0
_SILENT = timedelta(seconds=60)
_FULL = "full: "


def words(clients: int, *, is_full: bool, trouble: str) -> str:
    """A heartbeat's detail."""
    count = f"{figures.thin(clients)} client{'' if clients == 1 else 's'}"
    return trouble or (f"{_FULL}{count}, and more are turned away" if is_full else count)


def troubles(now: datetime | None = None) -> list[Trouble]:
    """The role is silent, or turns clients away; nothing where it never ran or was stopped on purpose."""
    beat = lookups.heartbeats().get(ROLE)
    if beat is None:
        return []
    age = (now or timezone.now()) - beat.beat_at
    if age > _SILENT:
        return [
            Trouble(
                "warn",
                f"The server of streams is silent for {figures.age(age.total_seconds())}",
                "Its clients are cut off, or hear nothing; they go on where they were once it is back. Start the role stream.",
                "/overview#parts",
                "See parts",
                kind="stream_out.silent",
                subject=ROLE,
                began_at=beat.beat_at,
            )
        ]
    if not beat.detail.startswith(_FULL):
        return []
    return [
        Trouble(
            "warn",
            "The server of streams turns clients away",
            f"It holds as many as it may: {beat.detail.removeprefix(_FULL)}. Raise STREAM_MAX_CLIENTS, or start another one.",
            "/overview#parts",
            "See parts",
            kind="stream_out.full",
            subject=ROLE,
        )
    ]
