from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.core.records import Headers, Record
from monitoring.trace.steps import Step, Taker, of_letter, of_record, of_taker
from monitoring.trace.verdict import judge

HEADERS: Headers = (
    ("received-at", b"2026-11-18T14:07:12.418Z"),
    ("request-id", b"9b7e11d0"),
    ("service", b"main"),
    ("producer-key", b"mw-eventbus"),
)
AT = datetime(2026, 11, 18, 14, 7, 12, 418_000, tzinfo=UTC)
EVENT = {"$schema": "/page/change/1.2.0", "meta": {"id": "e", "dt": "2026-11-18T14:07:12.418Z"}}
RECORD = Record("eqiad.page.change", 3, 100, int(AT.timestamp() * 1000), b"k", b"{}", HEADERS)
MYSQL = Taker("to_mysql", "mysql", "idle", "/connectors/to_mysql", 101)


def letter(**changes: Any) -> DeadLetter:
    made = DeadLetter(
        name="to_mysql",
        stream="page.change",
        topic="eqiad.page.change",
        incarnation="i",
        partition=3,
        offset=100,
        timestamp_ms=RECORD.timestamp_ms,
        key=None,
        value=b"{}",
        headers=(),
        code="sink.row_refused",
        pointer="/comment",
        message="Data too long for column comment.",
        remedy="Widen the column.",
        created_at=AT,
        id=88_213,
        group_key="abc",
    )
    return replace(made, **changes)


def took(taker: Taker = MYSQL, record: Record = RECORD, found: DeadLetter | None = None, *, is_canary: bool = False) -> Step:
    return of_taker(taker, record, found, at=AT, is_canary=is_canary)


def test_record__of_the_intake__received_accepted_written() -> None:
    received, accepted, written = of_record(RECORD, EVENT)

    assert received.words == "By the service main, from a client with the key mw-eventbus."
    assert (received.at, received.place) == (AT, "request 9b7e11d0")
    assert accepted.words == "Matches /page/change/1.2.0."
    assert written.place == "eqiad.page.change, partition 3, offset 100"
    assert {received.state, accepted.state, written.state} == {"ok"}


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (("replayed", b"run 7"), "A person sent it again: run 7."),
        (("replayed-for", b"to_mysql"), "It is for the connector to_mysql alone"),
        (("late-window", b"true"), "after its stream's window had closed"),
        (("mirrored-from", b"c/t/i/0/1"), "It is a copy of c/t/i/0/1."),
    ],
)
def test_record__with_marks__says_them(header: tuple[str, bytes], words: str) -> None:
    assert words in of_record(replace(RECORD, headers=(*HEADERS, header)), EVENT)[1].words


def test_record__without_headers_of_an_intake__nobody_knows_who_sent_it() -> None:
    strange, written = of_record(replace(RECORD, headers=()), EVENT)

    assert (strange.name, strange.state, strange.at) == ("Written past the intake", "info", AT)
    assert written.state == "ok"


@pytest.mark.parametrize("event", [None, "text", [], {"meta": 7}, {"meta": {"dt": "when"}}, {"meta": {"dt": "2026-01-01"}}])
def test_record__no_event__told_by_its_own_time(event: Any) -> None:
    assert of_record(replace(RECORD, headers=()), event)[0].at == RECORD.moment


def test_letter_of_the_intake__refused_with_reason_and_remedy() -> None:
    received, refused = of_letter(letter(source="intake", service="main", client="mw-eventbus", request_id="9b7e11d0"))

    assert received.words == "By the service main, from mw-eventbus."
    assert refused.state == "fail"
    assert refused.words == "Data too long for column comment. Widen the column."
    assert refused.link == "/rejected?group=abc&letter=88213"
    assert judge([received, refused]).headline == "The intake refused it, 14:07:12."


@pytest.mark.parametrize(
    ("source", "service", "words"),
    [
        ("intake", "", "By the intake, for none of its services, from curl 8."),  # a stream that nobody configured
        ("job", "main", "By a job or another program, from curl 8."),
    ],
)
def test_letter__of_no_service_or_of_a_job__says_who_had_it(source: str, service: str, words: str) -> None:
    assert of_letter(letter(source=source, name="", service=service, client="curl 8"))[0].words == words


def test_letter__message_that_is_no_sentence__made_one_with_its_place() -> None:
    _, refused = of_letter(letter(message="must be text, not a number", pointer="/page/id", source="intake"))

    assert refused.words == "page.id must be text, not a number. Widen the column."


def test_letter_of_the_intake__replayed__red_no_more() -> None:
    steps = of_letter(letter(source="intake", replayed_at=AT, replayed_by="ida", replayed_as="new-id"))

    assert "replayed as new-id by ida" in steps[1].words
    assert not judge(steps).is_red


@pytest.mark.parametrize(
    ("taker", "state", "word", "words"),
    [
        (MYSQL, "ok", "", "Stored."),
        (replace(MYSQL, state="stopped", trouble="Held."), "ok", "", "Stored."),
        (replace(MYSQL, next_offset=100), "info", "Waiting", "0 records wait before it."),
        (replace(MYSQL, next_offset=99), "info", "Waiting", "1 record waits before it."),
        (replace(MYSQL, next_offset=None), "info", "Waiting", "not written anything of this partition yet"),
        (replace(MYSQL, next_offset=None, is_on_partition=False), "info", "Waiting", "does not read this topic yet"),
        (replace(MYSQL, next_offset=40, waits_seconds=90.0), "info", "Waiting", "The oldest has waited for 1 min."),
        (replace(MYSQL, next_offset=40, state="paused"), "paused", "Paused", "60 records wait before it."),
        (replace(MYSQL, next_offset=40, state="stopped", trouble="Lost."), "fail", "Stopped", "Lost. 60 records wait"),
        (replace(MYSQL, next_offset=40, state="retrying", trouble="No."), "fail", "Can't write", "No. 60 records wait"),
        (replace(MYSQL, kind="files"), "ok", "", "Stored in the hour 14:00."),
        (replace(MYSQL, kind="s3", hour="complete"), "ok", "", "Stored in the hour 14:00, which is complete."),
        (replace(MYSQL, kind="s3", hour="late", why_late="1 record lacks."), "warn", "Hour is late", "1 record lacks."),
        (replace(MYSQL, kind="hdfs", hour="open"), "info", "Waits for its hour", "Nothing is wrong."),
    ],
)
def test_taker__by_its_position_and_state__says_where_it_is(taker: Taker, state: str, word: str, words: str) -> None:
    step = took(taker)

    assert (step.state, step.word) == (state, word)
    assert words in step.words


def test_taker__set_aside__red_whatever_its_position() -> None:
    step = took(found=letter())

    assert (step.state, step.word, step.code) == ("fail", "Set aside", "sink.row_refused")
    assert step.place == "dead letter 88213, sink.row_refused at /comment"


def test_taker__canary__its_marker_alone() -> None:
    assert took(is_canary=True).words == "Its marker for canaries has it; no data does."
    assert took(replace(MYSQL, kind="files"), is_canary=True).words == "Its marker for canaries has it; no data does."


def test_taker__tombstone__passed() -> None:
    assert took(record=replace(RECORD, value=None)).words.startswith("Passed: a tombstone")


def test_taker__replayed_for_another__left_out() -> None:
    record = replace(RECORD, headers=(*HEADERS, ("replayed-for", b"to_files")))

    assert (took(record=record).state, took(record=record).word) == ("ok", "Left out")
    assert took(replace(MYSQL, name="to_files"), record).word == ""


def test_verdict__everywhere__ok() -> None:
    verdict = judge([*of_record(RECORD, EVENT), took(), took(replace(MYSQL, name="b"))])

    assert (verdict.state, verdict.headline, verdict.why) == ("ok", "It arrived everywhere.", "Two of two stores have it.")


def test_verdict__hour_not_complete__is_no_trouble() -> None:
    verdict = judge([took(), took(replace(MYSQL, kind="files", hour="open"))])

    assert verdict.state == "ok"
    assert verdict.why == "Two of two stores have it, one waits for its hour to be complete."


def test_verdict__one_waits__on_its_way() -> None:
    verdict = judge([took(), took(replace(MYSQL, next_offset=50)), took(replace(MYSQL, next_offset=50, state="paused"))])

    assert (verdict.state, verdict.headline) == ("info", "It is in the topic and on its way.")
    assert verdict.why == "One of three stores has it, one waits, one is paused."


def test_verdict__all_that_is_open_is_paused__paused() -> None:
    assert judge([took(), took(replace(MYSQL, next_offset=50, state="paused"))]).state == "paused"


def test_verdict__no_store__in_the_topic() -> None:
    assert judge(of_record(RECORD, EVENT)).headline == "It is in the topic."


def test_verdict__first_red_step__named_with_what_the_others_have() -> None:
    steps = [took(replace(MYSQL, name="a")), took(found=letter()), took(replace(MYSQL, next_offset=5, state="stopped"))]

    verdict = judge(steps)

    assert verdict.red is steps[1]
    assert verdict.headline == "It stopped at to_mysql, 14:07:12."
    assert verdict.why.endswith("The event is set aside, not lost. One of three stores has it, one is stopped.")


def test_verdict__stopped_connector__nothing_is_lost_once() -> None:
    verdict = judge([took(replace(MYSQL, next_offset=5, state="stopped", trouble="Lost."))])

    assert verdict.why == "Lost. 95 records wait before it. It is in the log and waits; nothing is lost."
