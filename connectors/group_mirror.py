"""Positions told to Kafka as those of a group `connector.<name>`, so that ordinary tools for lag see connectors too."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from connectors.models import Lease
from eventplatform.broker.kafka import KafkaLog
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import TopicPartition
from eventplatform.eventlog import event_log

log = logging.getLogger(__name__)

EVERY_SECONDS = 10.0
_TOLD_AGAIN_SECONDS = 3600.0  # brokers forget the offsets of a group without members after a week
_PREFIX = "connector."

Offsets = dict[TopicPartition, int]


class GroupMirror:
    """Tells what changed. Nobody reads it back: the store's position is the truth, and errors here hurt nobody."""

    def __init__(self) -> None:
        self._told: dict[str, Offsets] = {}
        self._told_all_at = time.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Mirror until `stop`, where the log is Kafka and the setting says so."""
        while settings.CONNECTOR_KAFKA_GROUPS and settings.EVENT_LOG_URL.startswith("kafka:") and not stop.wait(EVERY_SECONDS):
            try:
                self.mirror()
            except (PlatformError, DatabaseError) as error:
                log.info("group_mirror.waited", extra={"why": str(error)})
            close_old_connections()

    def mirror(self) -> int:
        """Tell what changed since the last time; how many groups that were."""
        events = event_log()
        if not isinstance(events, KafkaLog):
            return 0
        if time.monotonic() - self._told_all_at >= _TOLD_AGAIN_SECONDS:
            self._told, self._told_all_at = {}, time.monotonic()
        changed = {name: found for name, found in _positions().items() if found != self._told.get(name)}
        for name, offsets in changed.items():
            self._tell(events, name, offsets)
        return len(changed)

    def _tell(self, events: KafkaLog, name: str, offsets: Mapping[TopicPartition, int]) -> None:
        try:
            events.admin.alter_group_offsets(_PREFIX + name, offsets)
        except PlatformError as error:
            log.info("group_mirror.waited", extra={"connector": name, "why": str(error)})
            return
        self._told[name] = dict(offsets)


def _positions() -> dict[str, Offsets]:
    """By connector, as far as their stores confirmed them in the topics as they are."""
    rows = Lease.objects.filter(next_offset__isnull=False, backfill=None).exclude(proven_incarnation="")
    found: dict[str, Offsets] = {}
    for name, topic, partition, offset in rows.values_list("connector__name", "topic", "partition", "next_offset"):
        found.setdefault(name, {})[TopicPartition(topic, partition)] = offset or 0
    return found
