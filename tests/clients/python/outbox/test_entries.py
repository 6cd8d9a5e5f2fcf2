"""The row of an event: what is set once, what stays the caller's, what is refused at the call."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from eventclient.outbox import Counts, EventUnfitError, draft

NOW = datetime(2026, 11, 26, 12, 0, 0, 1500, tzinfo=UTC)


def test_draft__bare_event__gets_an_id_and_stays_as_it_is() -> None:
    given = {"test": "hello"}

    made = draft("test.event", given, key="7", now=NOW)

    assert json.loads(made.body) == given == {"test": "hello"}
    assert len(made.event_id) == 36
    assert (made.stream, made.key, made.written_at) == ("test.event", "7", NOW)


def test_draft__callers_id__is_the_rows() -> None:
    assert draft("test.event", {"meta": {"id": "mine"}}).event_id == "mine"


def test_draft__typed_event__is_asked_for_its_event() -> None:
    class Typed:
        def to_event(self) -> dict[str, Any]:
            return {"test": "typed"}

    assert json.loads(draft("test.event", Typed(), now=NOW).body)["test"] == "typed"


@pytest.mark.parametrize("event", [None, "text", [1], {"a": object()}, {1: "number as a name"}])
def test_draft__what_is_no_event__refused_with_a_remedy(event: Any) -> None:
    with pytest.raises(EventUnfitError, match="Give a dict of JSON values"):
        draft("test.event", event)


@pytest.mark.parametrize("stream", ["", "a b", "a" * 250, "a\n"])
def test_draft__stream_that_is_no_name__refused(stream: str) -> None:
    with pytest.raises(EventUnfitError):
        draft(stream, {})


def test_draft__key_that_no_row_holds__refused() -> None:
    with pytest.raises(EventUnfitError):
        draft("a", {}, key="k" * 256)


def test_counts__as_words__the_same_for_every_command() -> None:
    assert str(Counts(3, 2, 1, 7.4)) == "3 waiting (the oldest for 7 s), 2 sent, 1 refused."
