from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from monitoring import health
from monitoring.models import IntakeCount
from monitoring.overview_tables import outcome_rows
from monitoring.refusals import refusals, troubles, without_canaries
from tests.monitoring.world import World


def test_outcome_rows__hasty__counts_as_accepted_and_sum_is_what_was_received() -> None:
    rows = outcome_rows({"accepted": 60, "hasty": 10, "spooled": 7, "duplicate": 3, "invalid": 20})

    assert [(row.name, row.count, row.share) for row in rows[:2]] == [("accepted", 80, "80 %"), ("invalid", 20, "20 %")]
    assert rows[0].note == "of them 10 hasty, 7 spooled, 3 repeated, not stored again"
    assert sum(row.count for row in rows) == 100


def test_refusals__known_code__its_own_message_and_remedy_most_frequent_first() -> None:
    found = refusals({("s", "accepted", ""): 9, ("s", "denied", "stream.unknown"): 1, ("s", "invalid", "event.invalid"): 2})

    assert [(one.code, one.count) for one in found] == [("event.invalid", 2), ("stream.unknown", 1)]
    assert found[0].message == "The event breaks its schema."
    assert found[1].message == "No stream <stream> is configured for this intake."
    assert found[1].remedy.startswith("Check the spelling of meta.stream")


def test_refusals__code_of_an_older_release__is_shown_bare() -> None:
    [one] = refusals({("s", "denied", "gone.code"): 1})

    assert (one.code, one.message, one.remedy) == ("gone.code", "", "")


@pytest.mark.parametrize(("refused", "accepted"), [(4, 0), (5, 96), (50, 951)])
def test_troubles__few_or_a_small_share__none(refused: int, accepted: int) -> None:
    assert troubles({("s", "accepted", ""): accepted, ("s", "invalid", "event.invalid"): refused}) == []


def test_troubles__a_twentieth_of_a_stream__warns_with_share_reason_and_remedy() -> None:
    counts = {("big", "accepted", ""): 9000, ("s", "hasty", ""): 95, ("s", "invalid", "event.invalid"): 5}

    [line] = troubles(counts)

    assert line.level == "warn"
    assert "5 events of s refused" in line.what
    assert "5 % of 100 received" in line.what
    assert "event.invalid (5)" in line.why
    assert "Mend the named places" in line.why
    assert line.link == "/overview#refused"


def test_troubles__canaries_refused__none_of_its_own() -> None:
    counts = {("s", "accepted", ""): 3, ("s", "invalid", "event.invalid"): 12, ("t", "invalid", "event.invalid"): 12}

    [line] = troubles(without_canaries(counts, {("s", "event.invalid"): 14, ("t", "event.invalid"): 2}))

    assert line.subject == "t"
    assert "10 events of t refused" in line.what


def test_troubles__without_a_stream__by_their_share_of_all() -> None:
    lost = {("", "denied", "stream.unknown"): 6}

    assert troubles({**lost, ("s", "accepted", ""): 1000}) == []
    [line] = troubles({**lost, ("s", "accepted", ""): 94})
    assert "6 events refused in the last hour, 6 % of 100 received" in line.what


def test_troubles__a_stream_and_the_rest__two_lines() -> None:
    found = troubles({("s", "invalid", "event.invalid"): 9, ("", "denied", "stream.unknown"): 7})

    assert [line.what.partition(" refused")[0] for line in found] == ["9 events of s", "7 other events"]


@pytest.mark.slow
@pytest.mark.django_db
def test_overview__refused_events__reasons_and_a_warning(client: Client, world: World) -> None:
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    for outcome, reason, count in (("accepted", "", 79), ("invalid", "event.invalid", 21)):
        IntakeCount.objects.create(minute=minute, stream="test.event", outcome=outcome, reason=reason, count=count)

    page, tail = client.get("/overview").content.decode(), client.get("/start/tail").content.decode()

    assert [trouble.level for trouble in health.troubles()] == ["warn"]
    assert 'href="/overview#refused">21 refused in the last hour' in tail
    card = page[page.index('id="refused"') :]
    assert "The event breaks its schema." in card
    assert "Mend the named places" in card
    assert page.count("79 %") == 1
    assert "79 <small>%</small>" in page
