from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from monitoring.stages import Path, Seen, Sent, Stage, Store, judge, summarise, three, three_summaries

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
INTERVAL = timedelta(seconds=60)
FRESH, OLD = NOW - timedelta(seconds=20), NOW - timedelta(seconds=151)


def sent(**changes: Any) -> Sent:
    return Sent(**{"sent_at": FRESH, "answer_seconds": 0.01, "status": 201, "is_accepted": True, **changes})


def states(*given: Any) -> list[str]:
    return [stage.state for stage in judge(*given, now=NOW, interval=INTERVAL)]


def test_judge__everything_passed__all_ok() -> None:
    found = judge(
        sent(), Seen(FRESH, 0.02), [Store("files", "/c/files")], {"files": Seen(FRESH, 9.5)}, now=NOW, interval=INTERVAL
    )

    assert [(stage.name, stage.state, stage.seconds) for stage in found] == [
        ("intake", "ok", 0.01),
        ("topic", "ok", 0.02),
        ("files", "ok", 9.5),
    ]
    assert found[2].link == "/c/files"


def test_judge__nothing_sent_yet__unknown_not_red() -> None:
    assert states(None, None, [Store("files")], {}) == ["unknown", "unknown", "unknown"]


def test_judge__first_canary_on_its_way__unknown_below_the_intake() -> None:
    assert states(sent(), None, [Store("files")], {}) == ["ok", "unknown", "unknown"]


def test_judge__intake_refuses__fails_there_and_all_below_is_grey() -> None:
    refused = sent(status=400, is_accepted=False, error="/test must be string")

    found = judge(refused, Seen(OLD, 0.1), [Store("files")], {"files": Seen(OLD, 1)}, now=NOW, interval=INTERVAL)

    assert [stage.state for stage in found] == ["fail", "unknown", "unknown"]
    assert found[0].detail == "/test must be string"


def test_judge__no_canary_for_two_intervals_and_30_seconds__producer_is_dead() -> None:
    found = judge(sent(sent_at=OLD), Seen(OLD, 0.1), [], {}, now=NOW, interval=INTERVAL)

    assert found[0].state == "fail"
    assert "beat or the workers" in found[0].detail


def test_judge__topic_late__fails_and_stores_are_grey() -> None:
    assert states(sent(), Seen(OLD, 0.1), [Store("files")], {"files": Seen(OLD, 1)}) == ["ok", "fail", "unknown"]


def test_judge__one_store_late__only_that_one_fails() -> None:
    given = [Store("files"), Store("warehouse")]

    assert states(sent(), Seen(FRESH, 0.1), given, {"files": Seen(OLD, 1), "warehouse": Seen(FRESH, 1)}) == [
        "ok",
        "ok",
        "fail",
        "ok",
    ]


def test_judge__paused_connector__is_held_not_failing() -> None:
    given = [Store("files", held_because="The connector is paused.")]

    assert states(sent(), Seen(FRESH, 0.1), given, {"files": Seen(OLD, 1)}) == ["ok", "ok", "paused"]


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
