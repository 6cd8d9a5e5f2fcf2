"""What is stale: each reason once, with since when and what to do; and nothing that is in use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from eventplatform import panels
from monitoring.models import CountedDay, StreamDay
from streamconfig import stale
from streamconfig.models import Revision
from tests import configuring

pytestmark = pytest.mark.slow

NOW = datetime(2027, 3, 15, 12, tzinfo=UTC)
OWNED = {"owner": "web"}
PLAIN = {"schema_title": "ui/click", "destination_event_service": "main"}


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    """As where monitoring is absent; a test that wants it provides it."""
    name = "monitoring.last_days_with_events"
    before = panels._functions.pop(name, None)
    yield
    if before:
        panels.provide(name, before)


def found(document: dict[str, Any]) -> dict[str, list[str]]:
    configuring.configure(document)
    return {one.name: [reason.code for reason in one.reasons] for one in stale.stale_items(NOW)}


@pytest.mark.parametrize(
    ("said", "reasons"),
    [
        ({"about": OWNED}, None),
        ({}, ["no_owner"]),
        ({"about": {**OWNED, "expires_on": "2027-03-14"}}, ["expired"]),
        ({"about": {**OWNED, "expires_on": "2027-03-15"}}, None),
        ({"about": {**OWNED, "review_on": "2027-03-15"}}, ["review_due"]),
        ({"about": {**OWNED, "review_on": "2027-03-16"}}, None),
        ({"about": OWNED, "sample": {"unit": "session", "rate": 0}}, ["rate_zero"]),
        ({"about": OWNED, "sample": {"unit": "session", "rate": 0.1}}, None),
        ({"about": OWNED, "windows": [{"until": "2027-03-01T00:00:00Z"}]}, ["window_over"]),
        ({"about": OWNED, "windows": [{"from": "2027-04-01T00:00:00Z"}]}, None),
    ],
)
def test_stream__one_thing_wrong__is_the_one_reason(said: dict[str, Any], reasons: list[str] | None, db: None) -> None:
    assert found({"streams": {"ui.click": {**PLAIN, **said}}}).get("ui.click") == reasons


def test_stream__ramp_still_to_rise__is_not_stale(db: None) -> None:
    ramp = [{"at": "2027-03-01T00:00:00Z", "rate": 0}, {"at": "2027-04-01T00:00:00Z", "rate": 0.5}]

    assert (
        found({"streams": {"ui.click": {**PLAIN, "about": OWNED, "sample": {"unit": "session", "rate": 0}, "ramp": ramp}}})
        == {}
    )


def test_stream__off_for_long__told_since_when(db: None) -> None:
    configuring.configure({"streams": {"ui.click": {**PLAIN, "about": OWNED}}})
    configuring.switch(["ui.click"], is_enabled=False)
    off_at = Revision.objects.get(number=2).effective_at
    configuring.configure({"streams": {"ui.click": {**PLAIN, "about": {**OWNED, "purpose": "Clicks"}, "is_enabled": False}}})

    (item,) = stale.stale_items(off_at + timedelta(days=90))

    assert [(one.code, one.since) for one in item.reasons] == [("off_for_long", off_at.date())]
    assert (item.since, item.owner) == (off_at.date(), "web")
    assert stale.stale_items(off_at + timedelta(days=89)) == []


def test_instrument__dates_and_owner_of_its_stream(db: None) -> None:
    instruments = {
        "banner": {"stream": "ui.click", "title": "Banner", "expires_on": "2027-01-01", "review_on": "2026-12-01"},
        "footer": {"stream": "ui.click", "title": "Footer"},
        "search": {"stream": "ui.click", "title": "Search", "sample": {"unit": "session", "rate": 0}},
    }

    assert found({"streams": {"ui.click": {**PLAIN, "about": OWNED}}, "instruments": instruments}) == {
        "banner": ["review_due", "expired"],
        "search": ["rate_zero"],
    }


def test_many_reasons__the_longest_standing_first(db: None) -> None:
    about = {"expires_on": "2027-03-01", "review_on": "2027-01-01"}
    configuring.configure({"streams": {"ui.click": {**PLAIN, "about": about}}})

    (item,) = stale.stale_items(NOW)

    assert [one.code for one in item.reasons] == ["review_due", "expired", "no_owner"]
    assert item.since == date(2027, 1, 1)
    assert item.what_to_do == item.reasons[0].remedy


def test_events__none_for_a_month__told_with_the_last_day(db: None) -> None:
    now = timezone.now() + timedelta(days=60)  # the streams were added long before
    last = (now - timedelta(days=43)).date()
    days = {"quiet": last, "busy": now.date() - timedelta(days=1)}
    panels.provide("monitoring.last_days_with_events", lambda _days: days)
    configuring.configure({"streams": {name: {**PLAIN, "about": OWNED} for name in ("quiet", "busy", "silent", "/^job/")}})

    items = {one.name: one.reasons for one in stale.stale_items(now)}

    assert items.keys() == {"quiet", "silent"}
    assert [(one.code, one.since) for one in items["quiet"]] == [("no_events", last)]
    assert "ever" in items["silent"][0].text


def test_events__stream_new__has_its_month(db: None) -> None:
    panels.provide("monitoring.last_days_with_events", lambda _days: {})
    configuring.configure({"streams": {"young": {**PLAIN, "about": OWNED}}})

    assert stale.stale_items(timezone.now() + timedelta(days=29)) == []


def test_last_days__counted_for_long_enough__else_unknown(db: None) -> None:
    from monitoring.quiet_streams import last_days_with_events

    today = timezone.now().date()
    for number in range(1, 30):
        CountedDay.objects.create(day=today - timedelta(days=number), minutes=1440)
    StreamDay.objects.create(stream="ui.click", day=today - timedelta(days=3), events=5, peak=5)
    StreamDay.objects.create(stream="ui.click", day=today - timedelta(days=2), events=0, peak=0)
    assert last_days_with_events(30) is None

    CountedDay.objects.create(day=today - timedelta(days=30), minutes=1440)
    assert last_days_with_events(30) == {"ui.click": today - timedelta(days=3)}
