"""Who is told what: one message per group and window, repeats, silence, acknowledgement, Alertmanagers, office hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from monitoring.alerts.grouping import Due, Standing, due, mirrors_due
from monitoring.alerts.hours import Hours
from monitoring.alerts.matching import Matcher
from monitoring.alerts.rules import Rule, Silence

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)  # a Thursday
RULE = Rule(1, "all", Matcher(), wait=timedelta(), receivers=(7,))
FIRST = Standing(1, "part.log:", "part.log", "", "fail", is_open=True, changed_at=NOW)
SECOND = Standing(2, "canary.topic:s", "canary.topic", "s", "fail", is_open=True, changed_at=NOW)
TOLD: dict[str, Any] = {"told_at": NOW, "told_phase": "open", "told_level": "fail"}


def told(*alerts: Standing, rule: Rule = RULE, last: datetime | None = None, now: datetime = NOW) -> list[Due]:
    return [*due(alerts, [rule], {(rule.id, ""): last} if last else {}, now)]


def test_news__several_at_once__one_message_names_all() -> None:
    (message,) = told(FIRST, SECOND)

    assert message.opened == (1, 2)
    assert not message.is_repeat


def test_news__within_the_window__waits_for_it() -> None:
    assert told(SECOND, last=NOW - timedelta(seconds=50)) == []
    assert told(SECOND, last=NOW - timedelta(seconds=60))[0].opened == (2,)


def test_news__others_last__are_named_too() -> None:
    (message,) = told(replace(FIRST, **TOLD), SECOND)

    assert (message.opened, message.lasting) == ((2,), (1,))


def test_told__lasts__repeated_after_the_interval_and_not_before() -> None:
    lasting = replace(FIRST, **TOLD)

    assert told(lasting, now=NOW + timedelta(hours=3, minutes=59)) == []
    assert told(lasting, now=NOW + timedelta(hours=4))[0].is_repeat


def test_end__of_what_was_told__is_told_once() -> None:
    ended = replace(FIRST, is_open=False, **TOLD)

    assert told(ended)[0].ended == (1,)
    assert told(replace(ended, told_phase="resolved")) == []


def test_end__of_what_nobody_heard_of__is_not_told() -> None:
    assert told(replace(FIRST, is_open=False)) == []


@pytest.mark.parametrize("how", ["is_hidden", "is_acknowledged"])
def test_quiet__silenced_held_or_acknowledged__nobody_is_told(how: str) -> None:
    quiet: dict[str, Any] = {how: True}

    assert told(replace(FIRST, **quiet)) == []
    assert told(replace(FIRST, **TOLD, **quiet), now=NOW + timedelta(days=1)) == []


def test_acknowledged__gets_worse__is_news() -> None:
    worse = replace(FIRST, told_at=NOW, told_phase="open", told_level="warn", is_acknowledged=True)

    assert told(worse)[0].opened == (1,)


def test_group__by_kind_or_alone__a_message_each() -> None:
    other = replace(SECOND, id=3, key="canary.topic:t", subject="t")

    assert [one.opened for one in told(FIRST, SECOND, other, rule=replace(RULE, group_by="kind"))] == [(1,), (2, 3)]
    assert len(told(FIRST, SECOND, other, rule=replace(RULE, group_by="alert"))) == 3


def test_rule__without_receivers__tells_nobody() -> None:
    assert told(FIRST, rule=replace(RULE, receivers=())) == []


def test_mirror__told_at_each_change_and_every_minute_while_open() -> None:
    rule = replace(RULE, receivers=(), mirrors=(9,))

    def mirrored(one: Standing, last: int, now: int) -> list[tuple[int, tuple[int, ...]]]:
        return [*mirrors_due([one], [rule], {9: NOW + timedelta(seconds=last)}, NOW + timedelta(seconds=now))]

    assert mirrored(FIRST, 0, 59) == []
    assert mirrored(FIRST, 0, 60) == [(9, (1,))]
    ended = replace(FIRST, is_open=False, changed_at=NOW + timedelta(seconds=30))
    assert mirrored(ended, 0, 30) == [(9, (1,))]
    assert mirrored(ended, 300, 330) == []
    assert mirrored(replace(FIRST, is_hidden=True), 0, 600) == []
    assert mirrored(replace(FIRST, is_acknowledged=True), 0, 600) == [(9, (1,))]


OFFICE = Hours(time(9), time(17), frozenset(range(5)), "Europe/Berlin")
NIGHT = Hours(time(22), time(6), frozenset({4}), "UTC")


@pytest.mark.parametrize(
    ("hours", "moment", "holds"),
    [
        (OFFICE, datetime(2026, 11, 26, 8, 0, tzinfo=UTC), True),
        (OFFICE, datetime(2026, 11, 26, 7, 59, tzinfo=UTC), False),
        (OFFICE, datetime(2026, 7, 2, 7, 0, tzinfo=UTC), True),  # summer: two hours ahead
        (OFFICE, datetime(2026, 7, 2, 15, 0, tzinfo=UTC), False),
        (OFFICE, datetime(2026, 11, 28, 12, 0, tzinfo=UTC), False),  # a Saturday
        (NIGHT, datetime(2026, 11, 27, 23, 0, tzinfo=UTC), True),
        (NIGHT, datetime(2026, 11, 28, 5, 59, tzinfo=UTC), True),
        (NIGHT, datetime(2026, 11, 28, 23, 0, tzinfo=UTC), False),
    ],
)
def test_hours__days_and_clocks_of_their_zone__hold(hours: Hours, moment: datetime, *, holds: bool) -> None:
    assert hours.holds(moment) is holds


def test_rule__outside_its_hours__tells_when_they_begin() -> None:
    rule = replace(RULE, hours=OFFICE)

    assert told(FIRST, rule=rule, now=datetime(2026, 11, 26, 6, 0, tzinfo=UTC)) == []
    assert told(FIRST, rule=rule, now=datetime(2026, 11, 26, 8, 0, tzinfo=UTC))[0].opened == (1,)


def test_silence__its_time_and_matcher__hold() -> None:
    silence = Silence(1, Matcher(kinds=("canary.",)), NOW, NOW + timedelta(hours=1))

    assert silence.holds("canary.topic", "s", "fail", NOW)
    assert not silence.holds("part.log", "", "fail", NOW)
    assert not silence.holds("canary.topic", "s", "fail", NOW + timedelta(hours=1))
