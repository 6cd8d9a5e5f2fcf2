from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitoring.causes import Reading
from monitoring.stages import (
    Evidence,
    Path,
    Place,
    Seen,
    Sent,
    Stage,
    Store,
    by_stream,
    is_missed_before,
    judge,
    summarise,
    three,
    three_summaries,
)

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
INTERVAL = timedelta(seconds=60)
FRESH, OLD = NOW - timedelta(seconds=20), NOW - timedelta(seconds=151)


DUE = NOW - timedelta(seconds=150)


def known(**changes: Any) -> Evidence:
    """Canaries that come every minute and passed everything."""
    sent = Sent(sent_at=FRESH, answer_seconds=0.01, status=201, is_accepted=True)
    facts = {"sent": sent, "topic": Seen(FRESH, 0.02), "arrivals": {"files": Seen(FRESH, 9.5)}, "due_on_topic": DUE}
    return Evidence(**{**facts, "due_in_stores": DUE, **changes})


def states(evidence: Evidence, *stores: Store) -> list[str]:
    return [stage.state for stage in judge(evidence, stores or FILES, now=NOW, interval=INTERVAL)]


FILES = (Store("files", "/c/files", since=OLD),)


def test_judge__everything_passed__all_ok() -> None:
    found = judge(known(), FILES, now=NOW, interval=INTERVAL)

    assert [(stage.name, stage.state, stage.seconds) for stage in found] == [
        ("intake", "ok", 0.01),
        ("topic", "ok", 0.02),
        ("files", "ok", 9.5),
    ]
    assert found[2].link == "/c/files"


def test_judge__nothing_sent_yet__unknown_not_red() -> None:
    assert states(Evidence()) == ["unknown", "unknown", "unknown"]


def test_judge__first_canary_on_its_way__unknown_below_the_intake() -> None:
    first = known(topic=None, arrivals={}, due_on_topic=None, due_in_stores=None)

    assert states(first) == ["ok", "unknown", "unknown"]


def test_judge__intake_refuses__fails_there_and_all_below_is_grey() -> None:
    refused = Sent(sent_at=FRESH, answer_seconds=0.01, status=400, is_accepted=False, error="/test must be string")

    found = judge(known(sent=refused, topic=Seen(OLD, 1)), FILES, now=NOW, interval=INTERVAL)

    assert [stage.state for stage in found] == ["fail", "unknown", "unknown"]
    assert found[0].detail == "/test must be string"


def test_judge__no_canary_for_two_intervals_and_30_seconds__fails_where_others_get_theirs() -> None:
    last = Sent(sent_at=OLD, answer_seconds=0.01, status=201, is_accepted=True)

    found = judge(known(sent=last), (), now=NOW, interval=INTERVAL)

    assert found[0].state == "fail"
    assert "not to this one" in found[0].cause.text


def test_judge__producer_is_dead__all_is_grey_since_that_is_an_alarm_of_its_own() -> None:
    last = Sent(sent_at=OLD, answer_seconds=0.01, status=201, is_accepted=True)

    found = judge(known(sent=last), FILES, now=NOW, interval=INTERVAL, place=Place(is_sending=False))

    assert [stage.state for stage in found] == ["unknown", "unknown", "unknown"]


def test_judge__nobody_looks_for_canaries__what_they_would_show_is_grey() -> None:
    found = judge(known(topic=Seen(OLD, 1)), FILES, now=NOW, interval=INTERVAL, place=Place(is_watched=False))

    assert [stage.state for stage in found] == ["ok", "unknown", "unknown"]


def test_judge__a_stage_fails__names_likely_cause_and_remedy() -> None:
    silent = Sent(FRESH, None, None, is_accepted=False, error="timed out", code="intake.silent")
    place = Place(url="http://intake", topic="eqiad.s", prefix="eqiad.")
    behind = (Store("files", since=OLD, reading=Reading(1, lag_records=7)),)

    at_the_intake = judge(known(sent=silent), (), now=NOW, interval=INTERVAL, place=place)[0]
    on_the_topic = judge(known(topic=Seen(OLD, 1)), (), now=NOW, interval=INTERVAL, place=place)[1]
    in_the_store = judge(known(arrivals={"files": Seen(OLD, 1)}), behind, now=NOW, interval=INTERVAL, place=place)[2]

    assert "http://intake takes connections" in at_the_intake.cause.text
    assert "eqiad.s has none of them" in on_the_topic.cause.text
    assert "7 records behind" in in_the_store.cause.text
    assert all(stage.cause.remedy for stage in (at_the_intake, on_the_topic, in_the_store))


def test_by_stream__two_prefixes__the_worse_one() -> None:
    paths = [path(Stage("intake", "ok")), replace(path(Stage("intake", "fail")), prefix="b.")]

    assert [one.prefix for one in by_stream([*paths, Path("t", "main")])] == ["b.", ""]


def test_judge__topic_late__fails_and_stores_are_grey() -> None:
    assert states(known(topic=Seen(OLD, 0.1))) == ["ok", "fail", "unknown"]


def test_judge__one_store_late__only_that_one_fails() -> None:
    given = known(arrivals={"files": Seen(OLD, 1), "warehouse": Seen(FRESH, 1)})

    assert states(given, *FILES, Store("warehouse", since=OLD)) == ["ok", "ok", "fail", "ok"]


def test_judge__platform_was_off_and_canaries_come_again__store_is_given_its_time() -> None:
    before = NOW - timedelta(hours=3)

    assert states(known(arrivals={"files": Seen(before, 1)}, due_in_stores=before)) == ["ok", "ok", "ok"]


def test_is_missed_before__broken_right_behind_a_canary__told_within_two_intervals_and_half_a_minute() -> None:
    first_to_be_missed = NOW + INTERVAL

    assert is_missed_before(NOW + 2 * INTERVAL + timedelta(seconds=30), INTERVAL) >= first_to_be_missed
    assert is_missed_before(NOW + 2 * INTERVAL, INTERVAL) < first_to_be_missed  # and it has had half a minute


def test_judge__store_never_reached__fails_once_it_had_its_time() -> None:
    assert states(known(arrivals={})) == ["ok", "ok", "fail"]


def test_judge__store_that_gathers__is_given_that_time_too_and_no_more() -> None:
    gathers = timedelta(minutes=5)
    lake = Store("files", since=OLD - timedelta(hours=1), gathers=gathers)
    before = NOW - timedelta(minutes=5)
    given = known(arrivals={"files": Seen(before, 300)}, due_in_gathering={gathers: DUE - gathers})

    assert states(given, lake) == ["ok", "ok", "ok"]
    assert states(replace(given, arrivals={"files": Seen(DUE - gathers * 2, 1)}), lake) == ["ok", "ok", "fail"]
    assert states(known(arrivals={}), replace(lake, since=OLD)) == ["ok", "ok", "unknown"]


def test_judge__new_connector__is_given_its_time() -> None:
    assert states(known(arrivals={}), Store("files", since=FRESH)) == ["ok", "ok", "unknown"]
    assert states(known(arrivals={}), Store("files", since=None)) == ["ok", "ok", "unknown"]


def test_judge__store_says_what_ails_it__its_words_are_the_detail() -> None:
    ailing = Store("files", trouble="disk full", since=OLD)

    found = judge(known(arrivals={"files": Seen(OLD, 1)}), [ailing], now=NOW, interval=INTERVAL)

    assert (found[2].state, found[2].detail) == ("fail", "disk full")


def test_judge__paused_connector__is_held_not_failing() -> None:
    held = Store("files", held_because="The connector is paused.", since=OLD)

    assert states(known(arrivals={"files": Seen(OLD, 1)}), held) == ["ok", "ok", "paused"]


def path(*given: Stage, stream: str = "s") -> Path:
    return Path(stream, "main", given)


def test_path__broken__is_the_first_red_stage() -> None:
    found = path(Stage("intake", "ok"), Stage("topic", "fail"), Stage("files", "unknown"))

    assert found.broken == Stage("topic", "fail")
    assert found.state == "fail"
    assert not found.is_whole


def test_path__held_store__is_whole() -> None:
    assert path(Stage("intake", "ok"), Stage("topic", "ok"), Stage("files", "paused")).is_whole


def test_summarise__two_streams__counts_and_keeps_the_slowest() -> None:
    found = summarise(
        [
            path(Stage("intake", "ok", FRESH, 0.01), Stage("topic", "ok", FRESH, 0.02)),
            path(Stage("intake", "ok", OLD, 0.5), Stage("topic", "fail", OLD, 0.1)),
        ]
    )

    assert [(s.title, s.state, s.words, s.seconds, s.seen_at) for s in found] == [
        ("Intake", "ok", "2", 0.5, OLD),
        ("Topic", "fail", "1 of 2", 0.1, OLD),
    ]


def test_three__two_stores__are_one_cell_by_the_worse() -> None:
    whole = path(
        Stage("intake", "ok"), Stage("topic", "ok"), Stage("files", "fail", OLD, 9.0), Stage("warehouse", "ok", FRESH, 1.0)
    )

    stores = three(whole)[2]

    assert (stores.name, stores.state, stores.seen_at, stores.seconds) == ("stores", "fail", OLD, 9.0)
    assert [summary.words for summary in three_summaries([whole, whole])] == ["2", "2", "0 of 2"]


def test_three__excluded_stream__says_why_in_each_cell() -> None:
    cells = three(Path("s", "main", excluded_because="No example."))

    assert [(cell.state, cell.detail) for cell in cells] == [("unknown", "No example.")] * 3
