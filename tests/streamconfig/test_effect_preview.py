"""The effect of a change on volumes: pure forecasts, and the preview with counted volumes and stores handed in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from eventplatform import panels
from streamconfig.configuration import document as documents
from streamconfig.configuration.changes import changes_between
from streamconfig.configuration.document import Document
from streamconfig.configuration.forecast import Day, Shares, forecast
from streamconfig.configuration.timeline import Scheduled
from streamconfig.effect_preview import preview
from streamconfig.pages import changes_effect

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)  # a Wednesday
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
NAME = "ui.click"


def configured(**stream: Any) -> Document:
    return documents.read({"streams": {NAME: {"schema_title": "ui/click", "sample": {"unit": "session", "rate": 1}, **stream}}})


def rate(value: float, unit: str = "session") -> dict[str, Any]:
    return {"sample": {"unit": unit, "rate": value}}


def whole(events: Sequence[int | None], *, until: date = date(2026, 11, 17)) -> list[Day]:
    first = until - timedelta(days=len(events) - 1)
    return [Day(first + timedelta(days=n), value, 1440 if value is not None else 0, 600) for n, value in enumerate(events)]


def expected(days: Sequence[Day], before: Document, after: Document) -> Any:
    ahead = [MONDAY.date() + timedelta(days=number) for number in range(14)]
    shares, changed = Shares(NAME, lambda _: before), Shares(NAME, lambda _: after)
    return forecast(days, ahead, MONDAY.date(), now=shares, without=shares, with_change=changed)


def test_forecast__rate_halved__half_of_the_events() -> None:
    found = expected(whole([100] * 7), configured(), configured(**rate(0.5)))

    assert (found.before, found.after) == (100, 50)
    assert (found.peak_before, found.peak_after) == (10, 5)
    assert found.with_change == (50,) * 14
    assert found.without == (100,) * 14


def test_forecast__a_whole_week_counted__each_weekday_like_itself() -> None:
    found = expected(whole([10, 20, 30, 40, 50, 60, 70]), configured(), configured(**rate(0.1)))

    assert found.without[:7] == (60, 70, 10, 20, 30, 40, 50)  # the week ended on a Tuesday; this begins on a Monday
    assert found.with_change[0] == pytest.approx(6)


def test_forecast__a_window__counts_the_hours_that_it_is_open() -> None:
    nights = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "00:00", "end": "12:00", "time_zone": "UTC"}]

    found = expected(whole([100] * 7), configured(), configured(windows=nights))

    assert found.after == pytest.approx(50)
    assert found.peak_after == found.peak_before  # half of the time, but as many at once


def test_forecast__a_window_in_busy_hours__takes_their_part_of_the_day() -> None:
    mornings = [
        {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "00:00", "end": "12:00", "time_zone": "UTC"}
    ]
    weights = ([9.0] * 12 + [1.0] * 12) * 7  # nine tenths of a day come before noon
    before, after = configured(), configured(windows=mornings)
    always, morning = Shares(NAME, lambda _: before, weights), Shares(NAME, lambda _: after, weights)

    found = forecast(whole([100] * 7), [MONDAY.date()], MONDAY.date(), now=always, without=always, with_change=morning)

    assert found.before == 100
    assert found.after == pytest.approx(90)


def test_forecast__a_ramp__steps_day_by_day() -> None:
    steps = [{"at": "2026-11-25T00:00:00Z", "rate": 0.5}, {"at": "2026-11-27T00:00:00Z", "rate": 0.2}]

    found = expected(whole([100] * 7), configured(), configured(ramp=steps))

    assert found.with_change[:6] == pytest.approx((100, 100, 50, 50, 20, 20))


def test_forecast__switched_off__nothing_comes() -> None:
    found = expected(whole([100] * 7), configured(), configured(is_enabled=False))

    assert (found.before, found.after) == (100, 0)


def test_forecast__off_while_it_was_counted__says_nothing() -> None:
    found = expected(whole([0] * 7), configured(is_enabled=False), configured())

    assert (found.before, found.after, found.with_change[0]) == (None, None, None)


def test_forecast__nothing_came__says_nothing() -> None:
    found = expected(whole([0] * 7), configured(), configured(**rate(0.5)))

    assert (found.before, found.after, found.peak_before) == (None, None, None)


def test_forecast__nothing_counted__says_nothing() -> None:
    found = expected(whole([None] * 7), configured(), configured(**rate(0.5)))

    assert (found.used, found.before) == ((), None)
    assert (found.share_before, found.share_after) == (1, 0.5)


def test_forecast__parts_of_days_alone__scaled_and_said_so() -> None:
    found = expected([Day(date(2026, 11, 17), 60, 60, 1)], configured(), configured(**rate(0.5)))

    assert (found.is_scaled, found.before, found.after) == (True, 1440, 720)


def test_forecast__gaps__are_no_zeros() -> None:
    found = expected(whole([100, None, 100, None, 100, None, 100]), configured(), configured(**rate(0.5)))

    assert found.before == 100


@pytest.fixture
def counted(db: None) -> Iterator[list[Day]]:
    """Volumes of the last days and a store, as higher apps would tell them."""
    days = whole([41_600_000] * 14)
    place = panels.Downstream("clicks", "postgres", "warehouse", is_enabled=True, retention_days=90, link="/connectors/clicks")
    kept = {name: panels._functions.get(name) for name in ("monitoring.counted_days", "connectors.downstream")}
    panels.provide("monitoring.counted_days", lambda name, _: [tuple_of(one) for one in days] if name == NAME else [])
    panels.provide("connectors.downstream", lambda name: [place] if name == NAME else [])
    yield days
    for name, function in kept.items():
        if function is not None:
            panels.provide(name, function)


def tuple_of(day: Day) -> tuple[date, int | None, int, int]:
    return day.day, day.events, day.minutes, day.peak


def previewed(before: Document, after: Document, others: Sequence[Scheduled] = ()) -> preview.Preview:
    changes = changes_between(before.as_json(), after.as_json())
    return preview.preview(before, changes, moment=MONDAY, others=others, now=NOW)


KEPT = {"consumers": {"clicks": {"retention_days": 90}}}


@pytest.mark.slow
def test_preview__rate_halved__tiles_chart_and_store(counted: list[Day]) -> None:
    effect = previewed(configured(**KEPT), configured(**KEPT, **rate(0.5)))

    shown = changes_effect.shown(effect)

    assert [(tile.name, tile.before, tile.after, tile.note) for tile in shown["tiles"]] == [
        ("Events a day", "41.6\u202fM", "20.8\u202fM", "−50 %"),  # noqa: RUF001  # a minus as figures have it
        ("Peak", "10 /s", "5 /s", "−50 %"),  # noqa: RUF001  # likewise
        ("Rows stored, 90 days", "3.7\u202fG", "1.9\u202fG", "−50 %, once it has filled"),  # noqa: RUF001  # likewise
    ]
    (row,) = shown["rows"]
    assert (row.before, row.after, row.note) == ("41.6\u202fM", "20.8\u202fM", "Multiply counts by 2 from 23 Nov")
    assert shown["days"] == "11–17 Nov"  # noqa: RUF001  # from, to
    assert [mark.text for mark in shown["chart"].marks] == ["today", "23 Nov"]
    assert ("ok", "Same session ids stay in: 50\u202f% is a subset of 100\u202f%, funnels keep working.") in shown["notes"]


@pytest.mark.slow
def test_preview__another_scheduled_change__is_in_both_lines(counted: list[Day]) -> None:
    before, after, later = configured(), configured(**rate(0.5)), configured(**rate(0.2))
    other = Scheduled(MONDAY + timedelta(days=2), tuple(changes_between(before.as_json(), later.as_json())), 9)

    found = previewed(before, after, [other]).streams[NAME]

    assert found.days[0].isoformat() == "2026-11-19"  # the change comes on the fifth day of the chart, the other on the seventh
    assert found.without[4:7] == pytest.approx((41_600_000, 41_600_000, 8_320_000))
    assert found.with_change[3:5] == pytest.approx((41_600_000, 20_800_000))


@pytest.mark.slow
def test_preview__no_volumes__says_so_and_gives_the_proportion(counted: list[Day]) -> None:
    counted.clear()

    shown = changes_effect.shown(previewed(configured(), configured(**rate(0.5))))

    assert (shown["tiles"], shown["chart"], shown["days"]) == ([], None, "")
    assert shown["shares"] == [(NAME, "100\u202f%", "50\u202f%")]


@pytest.mark.slow
def test_preview__only_words_change__volumes_are_not_touched(counted: list[Day]) -> None:
    effect = previewed(configured(), configured(about={"owner": "web"}))

    assert not effect.streams
    assert [one.rows_before == one.rows_after for one in effect.stored] == [True]


@pytest.mark.slow
def test_preview__retention_shortened__fewer_rows_kept(counted: list[Day]) -> None:
    effect = previewed(configured(**KEPT), configured(consumers={"clicks": {"retention_days": 30}}))

    (stored,) = effect.stored
    assert (stored.kept_before, stored.kept_after) == (41_600_000 * 90, 41_600_000 * 30)
    assert "kept 30 days instead of 90 days" in changes_effect.shown(effect)["rows"][0].note


@pytest.mark.slow
def test_preview__store_switched_off__takes_nothing_any_more(counted: list[Day]) -> None:
    effect = previewed(configured(), configured(consumers={"clicks": {"enabled": False}}))

    (row,) = changes_effect.shown(effect)["rows"]
    assert (row.state, row.after) == ("paused", "0")


@pytest.mark.slow
def test_preview__override_kept__named_as_unchanged(counted: list[Day]) -> None:
    kept = {"overrides": {"enwiki": {"streams": {NAME: {"sample": {"rate": 0.01}}}}}}
    before, after = (documents.read({**one.as_json(), **kept}) for one in (configured(), configured(**rate(0.5))))

    effect = previewed(before, after)
    (audience,) = effect.audiences

    assert [(one.scope, one.rate, one.is_changed) for one in audience.overrides] == [("enwiki", 0.01, False)]
    said = [text for state, text in changes_effect.shown(effect)["notes"] if state == "warn"]
    assert [text.startswith("Sites of enwiki keep a rate of their own.") for text in said] == [True]


@pytest.mark.slow
def test_preview__an_instrument__bounds_since_nobody_counts_its_share(counted: list[Day]) -> None:
    def with_instrument(value: float) -> Document:
        items = {"instruments": {"menu": {"stream": NAME, "sample": {"unit": "session", "rate": value}}}}
        return documents.read({**configured().as_json(), **items})

    (part,) = previewed(with_instrument(1), with_instrument(0.5)).partials

    assert (part.what, part.stream, part.low, part.high) == ("instrument menu", NAME, 20_800_000, 41_600_000)


@pytest.mark.slow
def test_preview__another_unit__says_that_it_is_drawn_anew(counted: list[Day]) -> None:
    shown = changes_effect.shown(previewed(configured(**rate(0.8)), configured(**rate(0.5, "pageview"))))

    assert [state for state, _ in shown["notes"]] == ["warn"]


@pytest.mark.slow
def test_preview__defaults_of_many_streams__first_ones_computed_rest_named(counted: list[Day]) -> None:
    streams = {"streams": {f"s{number}": {"schema_title": "x"} for number in range(60)}}
    before = documents.read(streams)
    after = documents.read({"defaults": {"sample": {"unit": "session", "rate": 0.5}}, **streams})

    effect = previewed(before, after)

    assert (len(effect.streams), len(effect.left_out)) == (40, 20)


@pytest.mark.slow
def test_preview__a_scheduled_change_expects_the_old_value__named_as_upset(counted: list[Day]) -> None:
    before, after, later = configured(), configured(**rate(0.5)), configured(**rate(0.2))
    other = Scheduled(MONDAY + timedelta(days=2), tuple(changes_between(before.as_json(), later.as_json())), 9)

    assert [one.number for one in previewed(before, after, [other]).upset] == [9]
    assert previewed(before, configured(about={"owner": "web"}), [other]).upset == ()


@pytest.mark.slow
def test_preview__fewer_hours__no_factor_for_counts(counted: list[Day]) -> None:
    nights = [{"days": ["mon"], "start": "00:00", "end": "12:00", "time_zone": "UTC"}]

    assert [one.factor for one in previewed(configured(), configured(windows=nights)).stored] == [None]
