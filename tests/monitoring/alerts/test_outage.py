"""A database that is away is told by what was known before: once, to everybody, and its end to whoever hears of ends."""

from __future__ import annotations

import pytest

from monitoring.alerts.channels import CHANNELS
from monitoring.alerts.outage import Outage
from tests.monitoring.alerts.receiving import Receiver
from tests.monitoring.alerts.stage import Stage

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_outage__database_away__told_once_by_what_was_known_and_its_end_too(stage: Stage, hook: Receiver) -> None:
    stage.receiver("ops", "webhook", url=hook.url)
    outage = Outage()
    outage.is_over()

    for second in (0, 30, 44, 45, 50, 600):
        outage.lasts(1000.0 + second)
    outage.is_over()
    outage.is_over()

    told = [(one.json["alerts"][0]["kind"], one.json["alerts"][0]["state"]) for one in hook.taken]
    assert told == [("part.database", "open"), ("part.database", "resolved")]


def test_outage__short__nobody_is_told(stage: Stage, hook: Receiver) -> None:
    stage.receiver("ops", "webhook", url=hook.url)
    outage = Outage()
    outage.is_over()

    outage.lasts(1000.0)
    outage.is_over()
    outage.lasts(1100.0)

    assert hook.taken == []


def test_outage__an_alertmanager__hears_of_it_every_minute(stage: Stage, hook: Receiver) -> None:
    stage.receiver("am", "alertmanager", url=hook.url)
    outage = Outage()
    outage.is_over()

    for second in range(0, 185, 5):
        outage.lasts(1000.0 + second)

    assert len(hook.taken) == 3  # after 45, 105 and 165 seconds


def test_outage__receiver_that_hears_no_ends__is_not_told_of_this_one(stage: Stage, hook: Receiver) -> None:
    stage.receiver("ops", "webhook", url=hook.url, tells_ends=False)
    outage = Outage()
    outage.is_over()

    for second in (0, 45):
        outage.lasts(1000.0 + second)
    outage.is_over()

    assert [one.json["alerts"][0]["state"] for one in hook.taken] == ["open"]


def test_outage__a_channel_breaks__others_hear_of_it(stage: Stage, hook: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> str:
        raise ValueError("a bug")

    stage.receiver("broken", "slack", url=hook.url)
    stage.receiver("ops", "webhook", url=hook.url)
    monkeypatch.setitem(CHANNELS, "slack", breaks)
    outage = Outage()
    outage.is_over()

    for second in (0, 45):
        outage.lasts(1000.0 + second)

    assert [one.name for one in outage.told] == ["ops"]
