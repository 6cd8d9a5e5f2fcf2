from __future__ import annotations

import pytest

from tests.monitoring.world import World

USERS = ("following", "watching", "troubles")


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    for module in USERS:
        monkeypatch.setattr(f"monitoring.traffic.{module}.snapshot", lambda: world.config)
    return world
