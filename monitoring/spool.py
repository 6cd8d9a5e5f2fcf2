"""What the intake's metrics say of its host's spool, in words and as a state."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from eventplatform import figures

_PREFIX = "eventplatform_spool_"
_NEARLY_FULL, _FULL, _UNUSABLE = 3, 4, 5
_RED: Mapping[int, str] = {
    _NEARLY_FULL: "nearly full",
    _FULL: "full, so events are answered 507",
    _UNUSABLE: "can't be used, so events are answered 503 while the log is away",
}


@dataclass(frozen=True, slots=True)
class SpoolSeen:
    """A spool as its host's intake last told."""

    state: int
    records: int
    since: float  # seconds since 1970; 0 where none waits

    @property
    def is_well(self) -> bool:
        """Whether it can take what may come."""
        return self.state not in _RED

    def words(self, *, now: float | None = None) -> str:
        """What a person should know; empty where there is nothing."""
        told = [_RED[self.state]] if self.state in _RED else []
        if self.records:
            age = f", the oldest for {figures.age((now or time.time()) - self.since)}" if self.since else ""
            told.append(f"holds {self.records:,} event{'s' if self.records > 1 else ''}{age}")
        return ", ".join(told)


def seen(metrics: str) -> SpoolSeen | None:
    """The spool of a scrape; none where the intake has none."""
    found = {
        family.name.removeprefix(_PREFIX): max(sample.value for sample in family.samples)
        for family in text_string_to_metric_families(metrics)
        if family.name.startswith(_PREFIX) and family.type == "gauge" and family.samples
    }
    if "state" not in found:
        return None
    return SpoolSeen(int(found["state"]), int(found.get("records", 0)), found.get("oldest_timestamp_seconds", 0.0))
