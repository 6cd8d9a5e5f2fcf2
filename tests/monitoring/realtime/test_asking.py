from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from monitoring.realtime import errors
from monitoring.realtime.asking import Answer
from tests.monitoring.realtime.streams import Platform

Answered = Callable[..., Answer]


def test_ask__fields_of_the_schema__are_typed_columns(platform: Platform, answer: Answered) -> None:
    platform.post("page.view", number=3, tags=["a", "b"], sizes={"x": 1.5}, anything={"k": [1]})

    found = answer('select number, tags, sizes, anything, meta.domain, dt, _topic, _offset from "page.view"')

    assert found.rows == [
        [3, ["a", "b"], {"x": 1.5}, '{"k":[1]}', "a.example", "2026-11-26 08:00:00.000", "page.view", 0],
    ]
    assert dict(found.columns)["dt"] == "TIMESTAMP"
    assert found.is_complete


def test_ask__value_that_does_not_fit__is_null_and_found_in_the_event(platform: Platform, answer: Answered) -> None:
    platform.post("page.view", number="many", unknown=7)

    assert answer("select number, _event->>'$.number', _event->'$.unknown' from \"page.view\"").rows == [[None, "many", "7"]]


def test_ask__chosen_streams__are_the_table_events(platform: Platform, answer: Answered) -> None:
    platform.post("page.view", number=1)
    platform.post("page.edit", number=2)

    found = answer("select _stream, number from events order by 2", "page.view", "page.edit")

    assert found.rows == [["page.view", 1], ["page.edit", 2]]
    assert found.streams == ("page.view", "page.edit")


def test_ask__stream_without_schema__has_its_events_as_json(platform: Platform, answer: Answered) -> None:
    platform.produce("test.event", {"a": {"b": 5}})

    assert answer("select _event->'$.a.b' from \"test.event\"").rows == [["5"]]


def test_ask__canaries__hidden_unless_asked_for(platform: Platform, answer: Answered) -> None:
    platform.post("page.view", meta={"domain": "canary"})
    platform.post("page.view")

    hidden = answer('select count(*) from "page.view"')

    assert (hidden.rows, hidden.canaries) == ([[1]], 1)
    assert answer('select count(*) from "page.view"', with_canaries=True).rows == [[2]]


def test_ask__what_is_no_event__left_out_and_counted(platform: Platform, answer: Answered) -> None:
    platform.produce("page.view", b"not json")
    platform.produce("page.view", b"[1, 2]")

    found = answer('select count(*) from "page.view"')

    assert (found.rows, found.unreadable) == ([[0]], 2)


def test_ask__person_without_the_right__sees_masks_and_can_ask_of_nothing_else(platform: Platform, answer: Answered) -> None:
    platform.post("page.view", client_ip="192.0.2.7", nickname="Ada", padding={"user_agent": "Mozilla/5.0 (X)"})
    question = "select client_ip, nickname, _event from \"page.view\" where client_ip = '192.0.2.7' or _event like '%Ada%'"

    assert answer(question, may_see=False).rows == []
    assert len(answer(question, may_see=True).rows) == 1
    seen = answer("select client_ip, nickname, _event->>'$.padding.user_agent' from \"page.view\"", may_see=False)
    assert len(set(seen.rows[0])) == 1
    assert "Ada" not in str(seen.rows)


def test_ask__event_of_a_schema_that_was_not_foreseen__masked_by_that_schema(platform: Platform, answer: Answered) -> None:
    from types import SimpleNamespace

    marked = {"type": "object", "properties": {"secret_name": {"type": "string", "x-pii": "name"}}}
    platform.known["/other/event/1.0.0"] = SimpleNamespace(document=marked)
    platform.produce("page.view", {"$schema": "/other/event/1.0.0", "secret_name": "Ada"})
    platform.post("page.view", number=1)

    found = answer('select _event from "page.view"', may_see=False)

    assert len(found.rows) == 2
    assert "Ada" not in str(found.rows)


def test_ask__more_rows_than_wanted__cut_and_said(answer: Answered) -> None:
    found = answer("select * from range(1000000000000)", max_rows=10)

    assert (len(found.rows), found.is_cut) == (10, True)


def test_ask__more_records_than_read__said_and_the_window_told(platform: Platform, answer: Answered, settings: Any) -> None:
    settings.SQL_MAX_RECORDS = 10
    platform.fill("page.view", 30)

    found = answer('select count(*), min(_timestamp) >= window_begin(), max(_timestamp) <= window_end() from "page.view"')

    assert found.rows == [[10, True, True]]
    assert (found.is_complete, found.reading.left_out) == (False, 20)


def test_ask__unknown_stream__said_with_what_is_alike(answer: Answered) -> None:
    with pytest.raises(errors.StreamUnknownError) as caught:
        answer('from "page.views"')

    assert "page.view" in caught.value.hint


def test_ask__events_without_a_choice__says_what_to_do(answer: Answered) -> None:
    with pytest.raises(errors.StreamUnknownError) as caught:
        answer("from events")

    assert "Choose" in caught.value.hint


def test_ask__name_that_would_break_out_of_quotes__is_only_a_name(answer: Answered) -> None:
    with pytest.raises(errors.StreamUnknownError):
        answer('from "a""b\'; drop table x; --"')


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ('select nothing_such from "page.view"', errors.QuestionFailedError),
        ("select 1 +", errors.SyntaxInvalidError),
        ("select cast('ten' as integer)", errors.QuestionFailedError),
        ("select " + "(" * 3000 + "1" + ")" * 3000, errors.SyntaxInvalidError),
        ("x" * 20_001, errors.StatementRefusedError),
        ("select 'a\0b'", errors.StatementRefusedError),
        ("select ?", errors.QuestionFailedError),
    ],
)
def test_ask__question_at_fault__said_as_such(answer: Answered, sql: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        answer(sql)


def test_ask__value_in_an_error__not_in_what_may_be_kept(platform: Platform, answer: Answered) -> None:
    platform.post("page.view", meta={"domain": "private.example"})

    with pytest.raises(errors.QuestionFailedError) as caught:
        answer('select meta.domain::integer from "page.view"')

    assert "private.example" in str(caught.value)
    assert "private.example" not in caught.value.summary
