"""Deletes from stores what streams say shall not be kept any longer: `consumers.<name>.retention_days`."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from connectors import opening
from connectors.models import Connector
from connectors.steering import steering
from eventplatform.core import metrics
from eventplatform.core.errors import PlatformError
from streamconfig import lookups as configuration

log = logging.getLogger(__name__)


def apply(now: datetime | None = None) -> dict[str, int]:
    """Go through every running connector and stream with a retention; how much went, by connector and stream.

    Also of a stream whose storing is switched off: what was promised to be deleted is, whether more comes or not.
    A store that is away is tried again at the next tick, and keeps no other waiting.
    """
    now = now or timezone.now()
    gone: dict[str, int] = {}
    for connector in Connector.objects.filter(is_enabled=True).select_related("target"):
        try:
            gone |= _apply_to(connector, now)
        except PlatformError as error:
            log.warning("retention.failed", extra={"connector": connector.name, "code": error.code, "why": str(error)})
    return gone


def _apply_to(connector: Connector, now: datetime) -> dict[str, int]:
    route = connector.route
    streams = configuration.snapshot().streams.values()
    wishes = {one.name: steering(one, route.names).retention_days for one in streams if route.fits(one)}
    wanted = {name: days for name, days in wishes.items() if days is not None}
    gone: dict[str, int] = {}
    if not wanted:
        return gone
    with opening.make_store(connector) as sink:
        for stream, days in wanted.items():
            count = sink.expire(stream, before=now - timedelta(days=days))
            if count:
                gone[f"{connector.name} {stream}"] = count
                metrics.CONNECTOR_EXPIRED.labels(connector.name).inc(count)
                log.info("retention.applied", extra={"connector": connector.name, "stream": stream, "gone": count})
    return gone
