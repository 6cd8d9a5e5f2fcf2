from __future__ import annotations

import pytest

from eventplatform import panels
from tests.monitoring.alerts.stage import Stage


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    found = Stage()
    monkeypatch.setattr(panels, "_troubles", {"stage": lambda: list(found.troubles)})
    return found
