"""The clocks by which this deployment's producers live."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

from monitoring.traffic.alarm.weeks import Clock


def clock() -> Clock:
    """The week's clock of the zone in TRAFFIC_TIME_ZONE."""
    return _clock(settings.TRAFFIC_TIME_ZONE)


@lru_cache(maxsize=4)
def _clock(zone: str) -> Clock:
    return Clock(ZoneInfo(zone))
