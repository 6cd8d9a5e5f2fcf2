"""Fates by the intake's answer as rows keep them, and the pauses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eventclient.outbox.fates import Fate, fates, settlement

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_fates__of_several__each_its_own_and_the_pause_of_the_answer() -> None:
    results = [{"index": 1, "result": "limited"}, {"index": 0, "result": "accepted"}]

    assert fates(207, {"Retry-After": "7"}, {"results": results}, 3) == [
        Fate("sent"),
        Fate("again", retry_after_seconds=7),
        Fate("again", retry_after_seconds=7),
    ]


def test_fates__too_large_together__in_halves() -> None:
    assert fates(413, {}, None, 2) is None
    assert fates(413, {}, None, 1) == [Fate("refused", "too_large")]


def test_fates__refused__keeps_the_place_and_the_remedy() -> None:
    entry = {"index": 0, "result": "invalid", "code": "event.invalid", "pointer": "/a", "message": "no", "remedy": "mend"}

    found = fates(400, {}, {"results": [entry]}, 1)

    assert found == [Fate("refused", "event.invalid", "/a", "no", "mend")]


def test_fates__texts_without_end__are_cut_to_what_a_row_holds() -> None:
    entry = {"index": 0, "result": "x" * 5000, "message": "y" * 5000, "code": "z" * 5000}

    found = fates(400, {}, {"results": [entry]}, 1)

    assert found is not None
    assert (len(found[0].code), len(found[0].message)) == (100, 1000)


def test_settlement__again__due_after_the_pause_and_never_given_up() -> None:
    first = settlement(1, Fate("again"), 1, NOW)
    thousandth = settlement(1, Fate("again"), 1000, NOW)
    told = settlement(1, Fate("again", retry_after_seconds=7), 1, NOW)

    assert first.due_at is not None
    assert thousandth.due_at is not None
    assert timedelta(seconds=0.8) <= first.due_at - NOW <= timedelta(seconds=1.2)
    assert timedelta(seconds=48) <= thousandth.due_at - NOW <= timedelta(seconds=72)
    assert told.due_at == NOW + timedelta(seconds=7)


@pytest.mark.parametrize("told", ["86401", "9" * 30, "9" * 5000], ids=len)
def test_settlement__answer_names_no_sensible_pause__a_day(told: str) -> None:
    found = fates(503, {"Retry-After": told}, None, 1)

    assert found is not None
    assert settlement(1, found[0], 1, NOW).due_at == NOW + timedelta(days=1)


@pytest.mark.parametrize("kind", ["sent", "refused"])
def test_settlement__sent_or_refused__settled_for_good(kind: Any) -> None:
    assert settlement(1, Fate(kind), 1, NOW).due_at is None
