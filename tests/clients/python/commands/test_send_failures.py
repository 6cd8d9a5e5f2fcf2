"""`eventclient send` where nobody answers: said while it is tried again, not only at the end."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from eventclient.commands import command
from eventclient.testing import EventDoor
from tests.clients.python.commands.conftest import SCHEMAS
from tests.free_ports import free_ports


class Heard(io.StringIO):
    """What a command says as its errors; a test does something at the first word."""

    def __init__(self, then: Callable[[], object]) -> None:
        super().__init__()
        self._then = then

    def write(self, text: str) -> int:
        is_first = not self.tell()
        written = super().write(text)
        if is_first:
            self._then()
        return written


def test_send__nobody_answers_yet__said_at_once_and_sent_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_ports()
    late = EventDoor(SCHEMAS, {"test.event": "sample/test_event"}, port=port)

    told = Heard(late.start)
    monkeypatch.setattr("sys.stderr", told)

    try:
        assert command.main(["--platform", f"http://127.0.0.1:{port}", "send", "test.event", '{"test": "late"}']) == 0
    finally:
        late.stop()

    away = f"eventclient: The platform at 127.0.0.1:{port} does not answer (Connection refused); tried again for up to 30 s."
    assert told.getvalue().count("\n") == 1
    assert told.getvalue().startswith(away)
    assert [one["test"] for one in late.good(1)] == ["late"]
    assert logging.getLogger("eventclient").level == logging.NOTSET


def test_send__platform_answers_something_else__said(door: EventDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    is_said = threading.Event()
    told = Heard(is_said.set)

    def lines() -> Iterator[str]:
        yield "{}"
        assert is_said.wait(20)

    monkeypatch.setattr("sys.stdin", lines())
    monkeypatch.setattr("sys.stderr", told)

    assert command.main(["--platform", f"{door.url}/elsewhere", "send", "test.event", "-", "--timeout", "0.1"]) == 1
    assert "answers no configuration (404)" in told.getvalue()


def test_send__intake_breaks_off__said_and_sent_again(door: EventDoor, capsys: pytest.CaptureFixture[str]) -> None:
    door.answer_next(0)

    assert command.main(["--platform", door.url, "send", "test.event", '{"test": "again"}']) == 0
    assert capsys.readouterr().err.count("The intake at 127.0.0.1") == 1
