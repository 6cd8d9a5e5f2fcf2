"""Beats and looks that come often enough for tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.streaming.server._BEAT_SECONDS", 0.05)
    monkeypatch.setattr("monitoring.streaming.tail._CHECK_SECONDS", 0.2)
