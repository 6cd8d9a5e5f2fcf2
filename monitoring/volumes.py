"""Counts what streams carry: records by minute from the log's own times, outcomes from the intake's counters."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from eventplatform import figures
from eventplatform.broker.base import Log, partitions_of
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import TopicPartition
from monitoring import lookups, services, spool
from monitoring.outcomes import reading, recording
from monitoring.posting import Intake
from streamconfig.lookups import snapshot

log = logging.getLogger(__name__)

_MINUTE = timedelta(minutes=1)
_MAX_MINUTES = 60  # looked back after a pause of the sampler; what is older stays a gap
LATE_SECONDS = 10.0  # processes confirm their configuration every second; one that is older isn't followed any more


def sample(event_log: Log) -> None:
    """Count the minute that is running and those since the last sample, by where they begin in each partition."""
    now = timezone.now()
    current = now.replace(second=0, microsecond=0)
    try:
        owners = _owners(event_log)
        begins = dict(event_log.end_offsets(owners.keys()))
        for minute in reversed(_minutes(current)):
            ends, begins = begins, _begins(event_log, begins, minute)
            services.record_volumes(minute=minute, volumes=_volumes(owners, begins, ends), now=now)
    except PlatformError as error:
        services.beat(role="log", now=now, is_well=False, detail=str(error))
    else:
        services.beat(role="log", now=now)


def sample_intake(intake: Intake) -> bool:
    """Count what the intake answered since the last sample; False where it told nothing."""
    text = _count(intake, source="intake")
    detail = f"{settings.INTAKE_URL} does not answer" if text is None else configuration_trouble(text, now=time.time())
    services.beat(role="intake", now=timezone.now(), is_well=text is not None, detail=detail)
    if text is not None and (found := spool.seen(text)):
        services.beat(role="spool", now=timezone.now(), is_well=found.is_well, detail=found.words())
    return text is not None


def headers_of_the_proxy() -> dict[str, str]:
    """What lets a request to the web role's inner address pass its checks of host and https, as one by the proxy does."""
    host = next((host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"), "")
    scheme = {"X-Forwarded-Proto": "https"} if settings.SECURE_PROXY_SSL_HEADER else {}
    return {**scheme, **({"Host": host} if host else {})}


def sample_web(web: Intake) -> bool:
    """Count what the door of the web role answered since the last sample; False where that told nothing."""
    is_well = _count(web, source="web") is not None
    if not is_well:
        log.warning("volumes.web_unread", extra={"url": settings.WEB_URL})
    return is_well


def _count(door: Intake, *, source: str) -> str | None:
    """What the door told; nothing where it is silent."""
    text = door.text("/metrics")
    if text is not None:
        recording.record(at=timezone.now(), totals=reading.totals(text), source=source)
    return text


def configuration_trouble(text: str, *, now: float) -> str:
    """What a scrape says of the process whose configuration is oldest; empty where all follow."""
    found = {name: _least(text, f"eventplatform_snapshot_{name}") for name in ("confirmed_timestamp_seconds", "revision")}
    confirmed_at = found["confirmed_timestamp_seconds"]
    if not confirmed_at or now - confirmed_at <= LATE_SECONDS:
        return ""
    revision = f" (revision {found['revision']:.0f})" if found["revision"] is not None else ""
    return f"a process has a configuration{revision} that is {figures.age(now - confirmed_at)} old"


def _least(text: str, name: str) -> float | None:
    families = (one for one in text_string_to_metric_families(text) if one.name == name)
    return min((sample.value for family in families for sample in family.samples), default=None)


def _owners(event_log: Log) -> dict[TopicPartition, str]:
    """The stream that each partition belongs to."""
    streams = snapshot().streams
    names = {topic: name for name, stream in streams.items() for topic in stream.topics or (name,)}
    return {where: names[where.topic] for where in partitions_of(event_log.topics(names.keys()))}


def _minutes(current: datetime) -> list[datetime]:
    """The minutes to count, oldest first: the running one, the one before, and those that a pause left out."""
    last = lookups.last_sampled_minute() or current
    oldest = max(min(last, current - _MINUTE), current - _MAX_MINUTES * _MINUTE)
    return [oldest + number * _MINUTE for number in range(int((current - oldest) / _MINUTE) + 1)]


def _begins(event_log: Log, ends: Mapping[TopicPartition, int], minute: datetime) -> dict[TopicPartition, int]:
    """The first offset of `minute` in each partition; its end where nothing came since."""
    milliseconds = int(minute.timestamp() * 1000)
    found = event_log.offsets_for_times(dict.fromkeys(ends, milliseconds))
    return {where: min(_or(found.get(where), end), end) for where, end in ends.items()}


def _or(offset: int | None, end: int) -> int:
    return end if offset is None else offset


def _volumes(
    owners: Mapping[TopicPartition, str], begins: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> dict[str, int]:
    volumes: dict[str, int] = defaultdict(int)
    for where, end in ends.items():
        volumes[owners[where]] += end - begins[where]
    return volumes
