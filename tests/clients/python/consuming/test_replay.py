"""Dead letters of a file to the mended handler."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from eventclient.consuming.dead_letters import DeadLetter
from eventclient.consuming.letters_file import FileDeadLetters
from eventclient.consuming.replay import main, replay_events
from eventplatform import env


def letters(folder: Path) -> FileDeadLetters:
    made = FileDeadLetters(folder / "letters.jsonl")
    for n, stream in enumerate(("pages", "edits", "pages")):
        value = b'{"meta": {"stream": "%b"}, "n": %d}' % (stream.encode(), n)
        made.put(
            DeadLetter(value, "consumer.handler_failed", "KeyError", stream=stream, topic="t", partition=2, offset=n, at="now")
        )
    return made


def test_replay__of_one_stream__events_with_their_place_and_others_stay(tmp_path: Path) -> None:
    kept, found = letters(tmp_path), list[object]()

    assert replay_events(kept.path, found.append, stream="pages") == (2, 1)

    assert found[0] == {"meta": {"stream": "pages", "topic": "t", "partition": 2, "offset": 0}, "n": 0}
    assert [one.stream for one in kept.read()] == ["edits"]


def test_command__without_a_handler__lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(letters(tmp_path).path)]) == 0

    assert capsys.readouterr().out.splitlines()[0] == "now pages t/2/0 consumer.handler_failed: KeyError"


def test_command__handler_by_name__exit_code_says_whether_some_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shop_handlers.py").write_text("def handle(event):\n    assert event['n'] != 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    path = str(letters(tmp_path).path)

    assert main([path, "shop_handlers:handle"]) == 1
    assert main([path, "shop_handlers:handle", "--stream", "none"]) == 1
    assert capsys.readouterr().out.startswith("2 handled, 1 stay")


@pytest.mark.parametrize("handler", ["nowhere:handle", "json:nothing", "json"])
def test_command__handler_that_is_not_there__said_without_a_traceback(
    handler: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(letters(tmp_path).path), handler])

    assert ended.value.code == 2
    assert "is no MODULE:FUNCTION" in capsys.readouterr().err


def test_command__file_that_is_not_there__is_no_empty_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "nothing.jsonl")])

    assert ended.value.code == 2
    assert "there is no file" in capsys.readouterr().err


def test_command__another_process_replays__refused_with_its_words(tmp_path: Path) -> None:
    kept, second = letters(tmp_path), list[subprocess.CompletedProcess[str]]()
    (tmp_path / "shop_handlers.py").write_text("def handle(event):\n    pass\n")
    command = [sys.executable, "-m", "eventclient.consuming.replay", str(kept.path), "shop_handlers:handle"]
    given = env.child({"PYTHONPATH": str(env.ROOT / "clients/python")})

    def handle(_: object) -> None:
        if not second:
            second.append(subprocess.run(command, cwd=tmp_path, env=given, capture_output=True, text=True, check=False))

    assert replay_events(kept.path, handle) == (3, 0)

    assert second[0].returncode == 2
    assert "are being replayed already. Let it end first" in second[0].stderr


def test_command__files_of_another_user__refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    path = letters(tmp_path).path
    monkeypatch.setattr("os.open", refused)

    with pytest.raises(SystemExit) as ended:
        main([str(path), "builtins:print"])

    assert ended.value.code == 2
    assert "Replay as the user" in capsys.readouterr().err


def test_command__after_one_that_was_killed__lists_and_handles_what_it_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "last_handlers.py").write_text("def handle(event):\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    path = letters(tmp_path).path
    with pytest.raises(KeyboardInterrupt):
        replay_events(path, _killed)

    assert main([str(path)]) == 0
    assert main([str(path), "last_handlers:handle"]) == 0

    assert len(capsys.readouterr().out.splitlines()) == 3 + 1


def _killed(_: object) -> None:
    raise KeyboardInterrupt
