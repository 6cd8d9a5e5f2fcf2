"""What a soak looks at every few seconds: memory and files of each role, and alerts that open."""

from __future__ import annotations

import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

import httpx
from prometheus_client.parser import text_string_to_metric_families

_EVERY_SECONDS = 10.0
_WARM_UP = 0.33  # of the time: caches fill, libraries are loaded, threads start
_HOUR = 3600.0


class Sample(NamedTuple):
    """A role at one moment."""

    at: float
    bytes: float
    files: float


class Course(NamedTuple):
    """A role over the time after its warm-up."""

    first_bytes: float
    last_bytes: float
    slope_per_hour: float  # bytes
    grown: float  # bytes, along the slope
    files: tuple[float, float]  # the most in the first and in the last third


class Watch:
    """Asks the platform about itself, by the addresses that operators have."""

    def __init__(self, web: str, intake: str, roles: Sequence[str]) -> None:
        self._client = httpx.Client(timeout=20, trust_env=False)
        self._web, self._intake, self._roles = web, intake, roles
        self._stop = threading.Event()
        self.samples: dict[str, list[Sample]] = defaultdict(list)
        self.alerts: dict[str, str] = {}  # by key, what was told
        self.unanswered = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def look(self) -> None:
        """Once."""
        for role in self._roles:
            url = f"{self._intake}/metrics" if role == "intake" else f"{self._web}/metrics?role={role}"
            found = values(self._client.get(url).text)
            if (sizes := found.get(("eventplatform_role_resident_bytes", role))) is not None:
                files = found["eventplatform_role_open_files", role]
                self.samples[role].append(Sample(time.monotonic(), sizes, files))
        for state in ("open", "quiet", "history"):
            told = self._client.get(f"{self._web}/api/v1/alerts", params={"state": state}).json()
            self.alerts |= {one["key"]: f"{one['what']}. {one['why']}" for one in told["alerts"]}

    def course(self, role: str) -> Course | None:
        """How a role went; None where it was seen too seldom."""
        found = self.samples[role]
        kept = found[int(len(found) * _WARM_UP) :]
        if len(kept) < 6:
            return None
        slope = statistics.linear_regression([one.at for one in kept], [one.bytes for one in kept]).slope
        third = len(kept) // 3
        files = max(one.files for one in kept[:third]), max(one.files for one in kept[-third:])
        return Course(kept[0].bytes, kept[-1].bytes, slope * _HOUR, slope * (kept[-1].at - kept[0].at), files)

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_SECONDS):
            try:
                self.look()
            except (httpx.HTTPError, KeyError, ValueError):
                self.unanswered += 1


def values(text: str) -> dict[tuple[str, str], float]:
    """Metrics with one label, or none, by name and that label's value."""
    found: dict[tuple[str, str], float] = {}
    with suppress(ValueError):
        for family in text_string_to_metric_families(text):
            for one in family.samples:
                if len(one.labels) <= 1:
                    found[one.name, next(iter(one.labels.values()), "")] = one.value
    return found
