"""Whether anybody sends canaries and looks for them, told by their heartbeats; apart from dead workers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

SENDER, OBSERVER = "send", "observe"


@dataclass(frozen=True, slots=True)
class Tick:
    """When a tick last began, and when one last ended well."""

    began_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Producer:
    """What sends canaries, and what looks for them: silent since when, None while it lives or never lived."""

    sender_silent_since: datetime | None = None
    observer_silent_since: datetime | None = None
    sender_hangs: bool = False  # ticks begin, and none ends
    observer_hangs: bool = False
    looked_at: datetime | None = None  # when somebody last looked for canaries, to the end

    @property
    def is_sending(self) -> bool:
        """Canaries are being sent, as far as anybody knows."""
        return self.sender_silent_since is None

    @property
    def is_watched(self) -> bool:
        """Somebody looks for them."""
        return self.observer_silent_since is None


def judge(ticks: Mapping[str, Tick], *, now: datetime, interval: timedelta) -> Producer:
    """Silent is what finished no tick for two intervals and 30 s; a platform that never ticked is new, not silent."""
    limit = now - 2 * interval - timedelta(seconds=30)
    sender, observer = ticks.get(SENDER), ticks.get(OBSERVER)
    return Producer(
        sender_silent_since=_silent_since(sender, limit),
        observer_silent_since=_silent_since(observer, limit),
        sender_hangs=sender is not None and sender.began_at > limit,
        observer_hangs=observer is not None and observer.began_at > limit,
        looked_at=observer.finished_at if observer else None,
    )


def _silent_since(tick: Tick | None, limit: datetime) -> datetime | None:
    """Ticks that begin again and again without an end show no life: a first one counts from when it began."""
    if tick is None:
        return None
    last = tick.finished_at or tick.began_at
    return last if last < limit else None
