from __future__ import annotations

import pytest

from tests.monitoring.world import World

USERS = (
    "canaries",
    "canary_pages",
    "paths",
    "personal",
    "volumes",
    "tail",
    "health",
    "snippets",
    "stream_panels",
    "traffic.panel",
)
HOURS = tuple(f"hours.{name}" for name in ("noting", "weighing", "lookups", "pages", "api"))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    found = World()
    for module in (
        *USERS,
        *HOURS,
        *(f"dashboard.{name}" for name in ("ways", "parts", "service_page")),
    ):
        monkeypatch.setattr(f"monitoring.{module}.snapshot", lambda: found.config)
    monkeypatch.setattr("streamconfig.reading.lookups.snapshot", lambda: found.config)
    monkeypatch.setattr("connectors.lookups.overview", lambda: found.connectors)
    monkeypatch.setattr("connectors.lookups.by_stream", lambda: dict.fromkeys(found.config.streams, found.connectors))
    monkeypatch.setattr("connectors.lookups.canaries_written", found.canaries_written)
    monkeypatch.setattr("monitoring.pages.event_log", lambda: found.log)
    monkeypatch.setattr("monitoring.health.event_log", lambda: found.log)
    monkeypatch.setattr("monitoring.health.age_seconds", lambda: 0.5)
    monkeypatch.setattr("monitoring.pages._tails", {})
    return found
