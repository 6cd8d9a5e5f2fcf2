"""A process without a keeper whose database hangs: one request waits for it, the others are answered."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from streamconfig import lookups
from streamconfig.lookups import _Kept

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]


class Hanging:
    """A database that answers nobody until it is let go."""

    def __init__(self, kept: _Kept, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_asked, self.goes_on = threading.Event(), threading.Event()
        self.kept = kept
        monkeypatch.setattr(kept.source, "refresh", self.refresh)

    def refresh(self) -> Any:
        self.is_asked.set()
        assert self.goes_on.wait(30)
        return self.kept.source.current


def test_snapshot__while_another_thread_waits_for_the_database__is_the_last_good(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = _Kept()
    known = kept.snapshot()
    database = Hanging(kept, monkeypatch)
    kept.checked_at -= 10
    waiting = threading.Thread(target=kept.snapshot)
    waiting.start()
    assert database.is_asked.wait(30)

    assert kept.snapshot() is known

    database.goes_on.set()
    waiting.join(30)


def test_snapshot__after_a_publish_of_its_own__waits_for_the_news(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = _Kept()
    kept.snapshot()
    monkeypatch.setattr(lookups, "_kept", kept)
    database = Hanging(kept, monkeypatch)
    lookups.forget()
    seen: list[Any] = []
    waiting = [threading.Thread(target=lambda: seen.append(kept.snapshot())) for _ in range(2)]
    for thread in waiting:
        thread.start()
    assert database.is_asked.wait(30)

    assert seen == []

    database.goes_on.set()
    for thread in waiting:
        thread.join(30)
    assert len(seen) == 2
