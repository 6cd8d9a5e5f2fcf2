"""What a running platform's log takes in, read as a connector would."""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any, Self

from eventplatform.broker import open_log
from eventplatform.broker.base import partitions_of
from eventplatform.core.records import TopicPartition
from eventplatform.embedded import addresses
from tests.e2e.platform import Platform


class Arrivals:
    """The events that come into all topics from now on, canaries left out."""

    def __init__(self, platform: Platform) -> None:
        self._log = open_log(addresses.postgres_url(platform.var, "eventplatform"))
        self._next: dict[TopicPartition, int] = {}
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._reader = self._log.reader()
        self._next = dict(self._log.end_offsets(partitions_of(self._log.topics())))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._reader.close()
        self._log.close()

    def read(self) -> list[dict[str, Any]]:
        """All that has come so far."""
        for where, end in self._log.end_offsets(partitions_of(self._log.topics())).items():
            while self._next.get(where, 0) < end:
                batch = self._reader.read(where, self._next.get(where, 0))
                self._next[where] = batch.next_offset
                found = [json.loads(record.value) for record in batch.records if record.value]
                self.events += [one for one in found if one.get("meta", {}).get("domain") != "canary"]
        return self.events

    def of(self, stream: str) -> list[dict[str, Any]]:
        """Those of one stream."""
        return [one for one in self.read() if one.get("meta", {}).get("stream") == stream]
