"""The gate outside a stream's windows and before instruments that are switched off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eventplatform.core.gate import Request
from eventplatform.core.streams import Late, Stream
from tests.core.test_gate import REQUEST, STREAM, event, gate, refusal

CANARY = {"stream": "test.event", "domain": "canary"}


def request() -> Request:
    return replace(REQUEST, late={}, made={})


def late(action: Late) -> Stream:
    return replace(STREAM, is_open=False, late=action)


def stopped(*instruments: str) -> Stream:
    return replace(STREAM, stopped_instruments=frozenset(instruments))


def test_admit__late_and_dropped__told_and_counted_as_late() -> None:
    error = refusal(event(), gate(late("drop")))

    assert (error.code, error.pointer, error.outcome) == ("stream.window_closed", "/meta/stream", "late")
    assert error.hint


def test_admit__late_and_flagged__header_tells_it() -> None:
    asked = request()

    records = [gate(late("flag")).admit(event(), asked) for _ in range(2)]

    assert [dict(record.headers)["late-window"] for record in records] == [b"true", b"true"]
    assert asked.late == {"test.event": "window_closed.flagged"}


def test_admit__late_and_accepted__as_ever_but_counted() -> None:
    asked = request()

    record = gate(late("accept")).admit(event(), asked)

    assert "late-window" not in dict(record.headers)
    assert asked.late == {"test.event": "window_closed.accepted"}


def test_admit__closed_within_its_grace__as_ever() -> None:
    asked = request()

    record = gate(replace(STREAM, is_open=False)).admit(event(), asked)

    assert dict(record.headers).keys() == {"received-at", "request-id", "service"}
    assert asked.late == {}


@pytest.mark.parametrize("stream", [late("drop"), late("flag"), stopped("i")])
def test_admit__canary__passes_at_any_time_unflagged(stream: Stream) -> None:
    asked = request()

    record = gate(stream).admit(event(meta=dict(CANARY), instrument_name="i"), asked)

    assert ("late-window" in dict(record.headers), asked.late) == (False, {})


def test_admit__instrument_switched_off__disabled() -> None:
    error = refusal(event(instrument_name="i"), gate(stopped("i", "j")))

    assert (error.code, error.pointer, error.outcome) == ("instrument.disabled", "/instrument_name", "disabled")
    assert str(error) == "The instrument i of stream test.event is switched off."


@pytest.mark.parametrize("name", ["other", "", None, 5, ["i"], {"i": 1}])
def test_admit__another_instrument_or_none__passes(name: Any) -> None:
    assert gate(stopped("i")).admit(event(instrument_name=name), request())


def test_admit__late_and_invalid__time_is_told_first() -> None:
    given = event()
    del given["test"]

    assert refusal(given, gate(late("drop"))).code == "stream.window_closed"
    assert refusal(given, gate(late("flag"))).code == "event.invalid"
