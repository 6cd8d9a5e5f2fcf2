"""Deletes from stores what shall not be kept any longer: `consumers.<name>.retention_days`, and `ttl_seconds`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from connectors import catalog, opening
from connectors.models import Connector
from connectors.steering import steering
from eventplatform.core import metrics
from eventplatform.core.errors import PlatformError
from eventplatform.core.streams import Stream
from streamconfig import lookups as configuration

log = logging.getLogger(__name__)


def apply(now: datetime | None = None) -> dict[str, int]:
    """Go through every running connector and stream with a retention; how much went, by connector and stream.

    Also of a stream whose storing is switched off: what was promised to be deleted is, whether more comes or not.
    A store that is away is tried again at the next tick, and keeps no other waiting.
    """

    def age(stream: Stream, connector: Connector) -> timedelta | None:
        days = steering(stream, connector.route.names).retention_days
        return None if days is None else timedelta(days=days)

    return _apply(age, now or timezone.now())


def apply_ttl(now: datetime | None = None) -> dict[str, int]:
    """The same by `ttl_seconds`, in stores that don't forget by themselves."""

    def age(stream: Stream, connector: Connector) -> timedelta | None:
        seconds = connector.steering(stream).ttl_seconds if catalog.load(connector.kind).ttl_by_expiry else None
        return timedelta(seconds=seconds) if seconds else None

    return _apply(age, now or timezone.now())


Age = Callable[[Stream, Connector], "timedelta | None"]


def _apply(age: Age, now: datetime) -> dict[str, int]:
    gone: dict[str, int] = {}
    for connector in Connector.objects.filter(is_enabled=True).select_related("target"):
        try:
            gone |= _apply_to(connector, age, now)
        except PlatformError as error:
            log.warning("retention.failed", extra={"connector": connector.name, "code": error.code, "why": str(error)})
    return gone


def _apply_to(connector: Connector, age: Age, now: datetime) -> dict[str, int]:
    streams = [one for one in configuration.snapshot().streams.values() if connector.route.fits(one)]
    ages = {one.name: age(one, connector) for one in streams}
    wanted = {name: found for name, found in ages.items() if found is not None}
    gone: dict[str, int] = {}
    if not wanted:
        return gone
    with opening.make_store(connector) as store:
        for stream, oldest in wanted.items():
            count = store.expire(stream, before=now - oldest)
            if count:
                gone[f"{connector.name} {stream}"] = count
                metrics.CONNECTOR_EXPIRED.labels(connector.name).inc(count)
                log.info("retention.applied", extra={"connector": connector.name, "stream": stream, "gone": count})
    return gone
