"""The command `eventclient`: what each verb prints, its exit code, and errors with their remedy."""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import MetaData, create_engine

from eventclient import connect
from eventclient.commands import command
from eventclient.consuming.sources import MemorySource
from eventclient.outbox.sqlalchemy import outbox_table, publish
from eventclient.testing import EventDoor
from tests.clients.python.commands.conftest import SCHEMAS

CHECK: dict[str, Any] = {
    "subject": {"name": "navigation-clicks"},
    "is_live": True,
    "is_correct": False,
    "verdict": {"headline": "Live, and something is wrong", "next": "Mend the field."},
    "findings": [{"state": "warn", "what": "Fields", "words": "one was never filled"}],
    "refused": [{"events": 3, "code": "event.invalid", "pointer": "/a", "message": "is missing", "remedy": "Mend it."}],
}

Answers = Callable[[httpx.Response], list[httpx.Request]]


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """A platform that gives one answer, and notes what it was asked."""

    def answers(answer: httpx.Response) -> list[httpx.Request]:
        asked: list[httpx.Request] = []

        def get(url: str, **given: Any) -> httpx.Response:
            asked.append(httpx.Request("GET", url, params=given["params"], headers=given["headers"]))
            return answer

        monkeypatch.setattr(httpx, "get", get)
        return asked

    return answers


def test_send__good_event__sent(door: EventDoor, capsys: pytest.CaptureFixture[str]) -> None:
    code = command.main(["--platform", door.url, "send", "test.event", '{"test": "hello"}'])

    assert (code, capsys.readouterr().out) == (0, "1 of 1 sent to test.event.\n")
    assert [one["test"] for one in door.good(1)] == ["hello"]


def test_send__lines_of_standard_input__each_its_own_fate(
    door: EventDoor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"test": "a"}\n\n{"test": 7}\n'))

    code = command.main(["send", "test.event", "-", "--platform", door.url])

    told = capsys.readouterr()
    assert (code, told.out) == (1, "1 of 2 sent to test.event.\n")
    assert "dropped at /test" in told.err
    assert "Mend the named places" in told.err
    assert "[event.invalid]" in told.err


def test_send__more_lines_than_may_wait__all_sent(
    door: EventDoor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"test": "a"}\n' * 12_000))

    assert command.main(["send", "test.event", "-", "--platform", door.url]) == 0
    assert capsys.readouterr().out == "12000 of 12000 sent to test.event.\n"


def test_send__nobody_takes_what_waits__stops_reading(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"test": "a"}\n' * 12_000))

    assert command.main(["send", "test.event", "-", "--platform", "http://127.0.0.1:9", "--timeout", "0.1"]) == 1
    told = capsys.readouterr()
    assert told.out.startswith("0 of 1")
    assert told.err.count("[full]") == 1


def test_send__stream_that_is_not_configured__says_so(door: EventDoor, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--platform", door.url, "send", "nobody", "{}"]) == 1
    assert "[unconfigured]" in capsys.readouterr().err


@pytest.mark.parametrize("event", ["{", "[]", "7"])
def test_send__no_event__refused_before_anything_is_sent(
    event: str, door: EventDoor, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--platform", door.url, "send", "test.event", event]) == 2
    assert "Line 1" in capsys.readouterr().err
    assert door.requests == 0


def test_config__of_a_stream__printed_and_what_is_missing_named(door: EventDoor, capsys: pytest.CaptureFixture[str]) -> None:
    code = command.main(["--platform", door.url, "config", "test.event", "nobody"])

    told = capsys.readouterr()
    assert json.loads(told.out)["streams"]["test.event"]["schema"] == "/sample/test_event/1.1.0"
    assert (code, told.err) == (1, "eventclient: nobody is not configured: its events are dropped. [unconfigured]\n")


def test_config__nobody_answers__sentence_and_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    code = command.main(["--platform", "http://127.0.0.1:9", "config"])

    assert code == 2
    assert "does not answer (ConnectError). Is it running" in capsys.readouterr().err


@pytest.mark.parametrize(("more", "said", "code"), [([], {}, 0), (["--strict"], {}, 1), ([], {"is_live": False}, 1)])
def test_check__answer__printed_line_by_line(
    platform: Answers, capsys: pytest.CaptureFixture[str], more: list[str], said: dict[str, Any], code: int
) -> None:
    asked = platform(httpx.Response(200, json={**CHECK, **said}))

    assert command.main(["check", "navigation-clicks", *more]) == code

    assert capsys.readouterr().out.splitlines() == [
        "navigation-clicks: Live, and something is wrong.",
        "warn Fields: one was never filled",
        "     3 refused: event.invalid at /a. is missing Mend it.",
        "Next: Mend the field.",
    ]
    assert str(asked[0].url).endswith("/api/v1/instruments/navigation-clicks/check")


def test_check__stream_of_an_odd_name__stays_one_part_of_the_address(platform: Answers) -> None:
    asked = platform(httpx.Response(200, json=CHECK))

    command.main(["check", "--stream", "a/b", "--json"])

    assert asked[0].url.raw_path == b"/api/v1/check/stream/a%2Fb"


def test_check__token_in_the_environment__shown(platform: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENTCLIENT_TOKEN", "a-token")
    asked = platform(httpx.Response(200, json=CHECK))

    command.main(["check", "x"])

    assert asked[0].headers["authorization"] == "Bearer a-token"


def test_follow__token_in_the_environment__shown_and_events_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []

    def source(*, token: str) -> MemorySource:
        shown.append(token)
        return MemorySource([{"n": 1}, {"n": 2}])

    monkeypatch.setenv("EVENTCLIENT_TOKEN", "a-token")
    monkeypatch.setattr("eventclient.consuming.sse.SseSource", source)

    assert command.main(["follow", "test.event", "--count", "1"]) == 0
    assert (shown, capsys.readouterr().out) == (["a-token"], '{"n":1}\n')


def test_check__platform_refuses__in_its_own_words(platform: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    platform(httpx.Response(401, json={"detail": "Sign in.", "remedy": "Make a token.", "code": "check.sign_in_needed"}))

    assert command.main(["check", "x"]) == 2
    assert capsys.readouterr().err == "eventclient: Sign in. Make a token. [check.sign_in_needed]\n"


def test_check__instrument_that_is_not_there__is_found_not_live(platform: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    platform(httpx.Response(404, json={"detail": "There is none.", "remedy": "Make it.", "code": "check.subject_missing"}))

    assert command.main(["check", "x"]) == 1
    assert capsys.readouterr().err == "eventclient: There is none. Make it. [check.subject_missing]\n"


def test_types__of_the_platform__written_and_checked(
    platform: Answers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = platform(httpx.Response(200, text='{"latest": "1.2.0"}\n'))  # of the title, and in place of the types
    file = str(tmp_path / "button_click.py")

    assert command.main(["types", "ui/button_click", "--output", file, "--check"]) == 1
    assert "Write it again: eventclient types ui/button_click --output" in capsys.readouterr().err
    assert command.main(["types", "ui/button_click", "--output", file]) == 0
    assert command.main(["types", "ui/button_click@1.2.0", "--output", file, "--check"]) == 0

    of_title, of_version = "/api/v1/schemas/ui/button_click", "/api/v1/schemas/ui/button_click/1.2.0/code/python"
    assert [one.url.path for one in asked] == [of_title, of_version, of_title, of_version, of_version]


def test_types__of_a_folder__a_class_that_the_client_takes(
    door: EventDoor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "made_types.py"
    monkeypatch.syspath_prepend(tmp_path)
    assert command.main(["types", "sample/test_event@1.1.0", "--folder", str(SCHEMAS), "--output", str(file)]) == 0
    made = importlib.import_module("made_types")
    with connect(door.url) as events:
        events.submit("test.event", made.TestEvent(test="typed"))

    [event] = door.good(1)
    assert (event["test"], event["$schema"]) == ("typed", made.TestEvent.SCHEMA)


def test_types__nothing_to_check__said_before_anything_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["types", "a/b", "--check"]) == 2
    assert "Name it with --output" in capsys.readouterr().err


def test_relay__outbox_of_a_file__sent_once(door: EventDoor, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'outbox.db'}"
    engine, metadata = create_engine(url), MetaData()
    table = outbox_table(metadata)
    metadata.create_all(engine)
    with engine.begin() as connection:
        publish(connection, "test.event", {"test": "durable"}, table=table)

    assert command.main(["--platform", door.url, "relay", url, "--once"]) == 0

    assert command.main(["relay", url, "--counts"]) == 0
    assert capsys.readouterr().out == "0 waiting (the oldest for 0 s), 1 sent, 0 refused.\n" * 2
    assert [one["test"] for one in door.good(1)] == ["durable"]


def test_relay__table_that_is_not_there__sentence_and_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["relay", f"sqlite:///{tmp_path / 'empty.db'}", "--once"]) == 2
    assert "no table eventclient_outbox" in capsys.readouterr().err


def test_relay__database_that_is_none__no_password_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["relay", "nothing://me:secret@x/y", "--once"]) == 2
    assert "secret" not in capsys.readouterr().err
