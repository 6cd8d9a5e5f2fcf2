from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitoring.producer import OBSERVER, SENDER, Tick, judge

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
JUST, LONG_AGO = NOW - timedelta(seconds=5), NOW - timedelta(seconds=151)


def test_judge__platform_is_new__nobody_is_silent() -> None:
    found = judge({}, now=NOW, interval=MINUTE)

    assert (found.is_sending, found.is_watched) == (True, True)


def test_judge__ticks_end__alive() -> None:
    assert judge({SENDER: Tick(JUST, JUST), OBSERVER: Tick(JUST, JUST)}, now=NOW, interval=MINUTE).is_sending


def test_judge__no_tick_for_two_intervals_and_30_seconds__silent_since_the_last_one() -> None:
    found = judge({SENDER: Tick(LONG_AGO, LONG_AGO), OBSERVER: Tick(JUST, JUST)}, now=NOW, interval=MINUTE)

    assert (found.sender_silent_since, found.is_watched, found.sender_hangs) == (LONG_AGO, True, False)


def test_judge__t337055_ticks_begin_and_none_ends__in_a_coma_not_alive() -> None:
    found = judge({SENDER: Tick(JUST, LONG_AGO)}, now=NOW, interval=MINUTE)

    assert (found.is_sending, found.sender_hangs) == (False, True)


def test_judge__the_very_first_tick_hangs__silent_once_it_had_its_time() -> None:
    assert judge({SENDER: Tick(JUST, None)}, now=NOW, interval=MINUTE).is_sending
    assert not judge({SENDER: Tick(LONG_AGO, None)}, now=NOW, interval=MINUTE).is_sending
