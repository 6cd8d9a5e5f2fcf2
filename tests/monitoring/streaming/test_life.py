"""What the role says of itself, and which troubles are made of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from eventplatform.broker.memory import MemoryLog
from monitoring import services
from monitoring.streaming import life
from monitoring.streaming.places import Caps
from tests.monitoring.streaming.rig import served, wait_until


def test_words__of_each_state__said() -> None:
    assert life.words(1, is_full=False, trouble="") == "1 client"
    assert life.words(2000, is_full=True, trouble="").startswith("full: ")
    assert life.words(3, is_full=True, trouble="the log is away") == "the log is away"


def test_server__turned_somebody_away__says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.streaming.life.BEAT_SECONDS", 0.1)
    log = MemoryLog()
    log.create_topic("pages")
    with served(log, caps=Caps(process=1, address=9)) as rig, rig.follow("/v2/stream/pages"):
        wait_until(lambda: rig.footing.told == ("1 client", True))

        assert rig.get("/v2/stream/pages")[0] == 503

        wait_until(lambda: rig.footing.told == ("full: 1 client, and more are turned away", True))


@pytest.mark.slow
@pytest.mark.django_db
def test_troubles__silent_full_and_stopped__told_apart() -> None:
    now = timezone.now()
    assert life.troubles(now) == []

    services.beat(role=life.ROLE, now=now - timedelta(seconds=90), detail="3 clients")
    assert [one.key for one in life.troubles(now)] == ["stream_out.silent:stream"]

    services.beat(role=life.ROLE, now=now, detail=life.words(9, is_full=True, trouble=""))
    assert [one.key for one in life.troubles(now)] == ["stream_out.full:stream"]

    services.beat(role=life.ROLE, now=now, detail=life.words(9, is_full=False, trouble=""))
    assert life.troubles(now) == []

    services.beat(role=life.ROLE, now=now - timedelta(seconds=90), detail="3 clients")
    services.stop_beating(role=life.ROLE)
    assert life.troubles(now) == []
