"""The course of alerts on a virtual clock: patience, hysteresis, what hangs below, what nobody can tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitoring.alerts import phases
from monitoring.alerts.evaluating import Known, Step, Told, evaluate
from monitoring.alerts.matching import Matcher
from monitoring.alerts.rules import Rule

BEGIN = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
FAILING = Told("monitoring", "connector.stopped:a", "connector.stopped", "a", "fail", "Connector a stopped")
LATE = Told("connectors", "connector.behind:a", "connector.behind", "a", "warn", "Connector a is behind")
LOG = Told("monitoring", "part.log:", "part.log", "", "fail", "Log: away")
CANARY = Told("monitoring", "canary.topic:s", "canary.topic", "s", "fail", "Canary of s not seen")


class Clock:
    """Evaluates every ten seconds and keeps what the rows would."""

    def __init__(self, *rules: Rule) -> None:
        self.rules, self.now, self.rows, self.story = rules, BEGIN, dict[str, Known](), list[tuple[int, str, str]]()

    def run(self, seconds: int, *told: Told, unreadable: Sequence[str] = ()) -> Clock:
        for _ in range(seconds // 10):
            self.now += timedelta(seconds=10)
            for step in evaluate(list(self.rows.values()), told, self.rules, unreadable=unreadable, now=self.now):
                self._keep(step)
        return self

    def _keep(self, step: Step) -> None:
        one = step.told or step.known
        assert one
        self.story += [(self.second, word, one.key) for word in step.happened]
        if step.after is None:
            del self.rows[one.key]
        else:
            self.rows[one.key] = Known(1, one.source, one.key, one.kind, one.subject, one.level, step.after)

    @property
    def second(self) -> int:
        return int((self.now - BEGIN).total_seconds())


def test_failure__lasts__opens_after_thirty_seconds_and_is_resolved_a_minute_after_its_end() -> None:
    clock = Clock().run(60, FAILING).run(120)

    assert clock.story == [(40, "opened", FAILING.key), (130, "resolved", FAILING.key)]


def test_warning__lasts__opens_after_five_minutes() -> None:
    assert Clock().run(300, LATE).story == []
    assert Clock().run(310, LATE).story == [(310, "opened", LATE.key)]


def test_failure__a_blink__is_forgotten() -> None:
    clock = Clock().run(20, FAILING).run(60)

    assert clock.story == []
    assert clock.rows == {}


def test_failure__comes_and_goes__opens_once_and_stays_open() -> None:
    clock = Clock()

    for _ in range(20):
        clock.run(20, FAILING).run(20)

    assert [word for _, word, _ in clock.story] == ["opened"]


def test_failure__ends_and_comes_back__is_a_new_story() -> None:
    clock = Clock().run(60, FAILING).run(120).run(60, FAILING)

    assert [word for _, word, _ in clock.story] == ["opened", "resolved", "opened"]
    assert clock.story[-1][0] == 220


def test_pending__nobody_evaluated_for_long__waits_anew() -> None:
    clock = Clock().run(20, FAILING)
    clock.now += timedelta(hours=8)

    clock.run(30, FAILING)

    assert clock.story == []


def test_level__gets_worse__is_told_and_back_is_not() -> None:
    worse = replace(LATE, level="fail")

    clock = Clock().run(310, LATE).run(20, worse).run(20, LATE)

    assert [word for _, word, _ in clock.story] == ["opened", "worse"]


def test_below_a_red_part__no_alert_of_its_own_and_full_patience_after_it() -> None:
    clock = Clock().run(600, LOG, CANARY)

    assert [key for _, _, key in clock.story] == [LOG.key]

    clock.run(60, CANARY).run(30, CANARY)

    assert [(word, key) for _, word, key in clock.story] == [("opened", LOG.key), ("resolved", LOG.key)]
    assert clock.run(40, CANARY).story[-1][1:] == ("opened", CANARY.key)


def test_below_a_red_part__open_before_it__stays_open_though_nobody_can_tell() -> None:
    clock = Clock().run(60, CANARY).run(300, LOG)

    assert [word for _, word, _ in clock.story] == ["opened", "opened"]

    clock.run(200)

    assert sorted(word for _, word, _ in clock.story) == ["opened", "opened", "resolved", "resolved"]


def test_source__unreadable__its_alerts_are_neither_resolved_nor_forgotten() -> None:
    clock = Clock().run(60, FAILING).run(300, unreadable=["monitoring"])

    assert [word for _, word, _ in clock.story] == ["opened"]


def test_resolved_by_hand__still_lasts__opens_again_after_five_minutes() -> None:
    clock = Clock().run(60, FAILING)
    row = clock.rows[FAILING.key]
    clock.rows[FAILING.key] = replace(row, course=phases.resolved_by_hand(row.course, clock.now))

    assert [word for _, word, _ in clock.run(290, FAILING).story] == ["opened"]
    assert clock.run(10, FAILING).story[-1] == (360, "reopened", FAILING.key)


def test_resolved_by_hand__went_away_and_comes_back__is_a_new_story() -> None:
    clock = Clock().run(60, FAILING)
    row = clock.rows[FAILING.key]
    clock.rows[FAILING.key] = replace(row, course=phases.resolved_by_hand(row.course, clock.now))

    clock.run(400).run(40, FAILING)

    assert [word for _, word, _ in clock.story] == ["opened", "opened"]


def test_kinds_of_information__never_become_alerts() -> None:
    idle = Told("registry", "schema.deprecated_in_use:t", "schema.deprecated_in_use", "t", "warn", "Still used")

    assert Clock().run(3600, idle).rows == {}


def test_rule__first_that_fits__decides_the_wait() -> None:
    patient = Rule(1, "patient", Matcher(kinds=("connector.",), subjects=("a*",)), wait=timedelta(minutes=20))
    quick = Rule(2, "quick", Matcher(), wait=timedelta())

    clock = Clock(patient, quick).run(600, FAILING, LOG)

    assert clock.story == [(10, "opened", LOG.key)]


def test_same_key_twice__the_worse_counts() -> None:
    clock = Clock().run(60, replace(FAILING, level="warn"), FAILING)

    assert clock.rows[FAILING.key].level == "fail"


@pytest.mark.parametrize(
    ("kinds", "subjects", "level", "fits"),
    [
        ((), (), "", True),
        (("connector.",), (), "", True),
        (("connector.*",), (), "", True),
        (("*",), (), "", True),
        (("connector",), (), "", False),
        (("canary.", "connector.behind"), (), "", True),
        (("canary.",), (), "", False),
        ((), ("lake-*",), "", True),
        ((), ("lake",), "", False),
        ((), ("*[eu]",), "", True),
        ((), (), "fail", False),
        (("connector.behind",), ("lake-eu",), "warn", True),
    ],
)
def test_matcher__parts__fit(kinds: tuple[str, ...], subjects: tuple[str, ...], level: str, *, fits: bool) -> None:
    assert Matcher(kinds, subjects, level).fits("connector.behind", "lake-eu", "warn") is fits
