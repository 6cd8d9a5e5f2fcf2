"""Dead letters in a file: whole, durable, and handled again."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from eventclient.consuming.dead_letters import DeadLetter
from eventclient.consuming.errors import DeadLettersError, ReplayUnderWayError
from eventclient.consuming.letters_file import FileDeadLetters, replay


def letter(n: int, value: bytes = b"{}") -> DeadLetter:
    return DeadLetter(
        value, "consumer.parked", "why", topic="t", partition=1, offset=n, key=b"\xff", consumer="c", tries=2, at="now"
    )


def test_put__any_bytes__read_as_they_were(tmp_path: Path) -> None:
    letters = FileDeadLetters(tmp_path / "letters.jsonl")
    wanted = [letter(1, b'{"a": "\xc3\xa4"}'), letter(2, b"\xff\x00"), letter(3, b"")]
    for one in wanted:
        letters.put(one)

    assert list(letters.read()) == wanted
    assert stat.S_IMODE(letters.path.stat().st_mode) == 0o600


def test_put__behind_half_a_line_of_a_crash__is_a_line_of_its_own(tmp_path: Path) -> None:
    letters = FileDeadLetters(tmp_path / "letters.jsonl")
    letters.path.write_bytes(b'{"value": "cut o')
    letters.put(letter(1))

    assert list(letters.read()) == [letter(1)]


def test_put__folder_is_missing__says_so(tmp_path: Path) -> None:
    with pytest.raises(DeadLettersError, match="can't be written"):
        FileDeadLetters(tmp_path / "none" / "letters.jsonl").put(letter(1))


def test_replay__some_fail__stay_with_what_cant_be_read(tmp_path: Path) -> None:
    letters = FileDeadLetters(tmp_path / "letters.jsonl")
    letters.path.write_bytes(b"no json\n")
    for n in range(4):
        letters.put(letter(n))

    def handle(one: DeadLetter) -> None:
        if one.offset == 2:
            letters.put(letter(9))  # the consumer goes on meanwhile
            raise ValueError

    assert replay(letters.path, handle) == (3, 2)
    assert [one.offset for one in letters.read()] == [9, 2]
    assert letters.path.read_bytes().count(b"no json") == 1
    assert replay(letters.path, lambda _: None) == (2, 1)


def test_replay__killed_in_the_middle__begins_with_the_same_ones(tmp_path: Path) -> None:
    letters = FileDeadLetters(tmp_path / "letters.jsonl")
    letters.put(letter(1))

    with pytest.raises(KeyboardInterrupt):
        replay(letters.path, _killed)
    letters.put(letter(2))

    assert replay(letters.path, lambda _: None) == (1, 0)
    assert replay(letters.path, lambda _: None) == (1, 0)
    assert replay(letters.path, lambda _: None) == (0, 0)


def _killed(_: DeadLetter) -> None:
    raise KeyboardInterrupt


def test_replay__while_another_hands_the_same_ones_out__refused_and_free_again(tmp_path: Path) -> None:
    letters = FileDeadLetters(tmp_path / "letters.jsonl")
    letters.put(letter(1))
    second: list[int] = []

    def handle(_: DeadLetter) -> None:
        letters.put(letter(2))  # the consumer goes on meanwhile, so the file is there for the second
        with pytest.raises(ReplayUnderWayError, match="being replayed already"):
            replay(letters.path, lambda one: second.append(one.offset))

    assert replay(letters.path, handle) == (1, 0)
    assert second == []
    assert replay(letters.path, lambda one: second.append(one.offset)) == (1, 0)
    assert second == [2]
    assert list(tmp_path.iterdir()) == []


def test_replay__of_no_file__nothing_and_nothing_made(tmp_path: Path) -> None:
    assert replay(tmp_path / "none" / "letters.jsonl", _killed) == (0, 0)


def test_replay__lock_that_another_user_left__says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = FileDeadLetters(tmp_path / "letters.jsonl")
    letters.put(letter(1))
    really = os.open

    def refused(path: Path, *more: int) -> int:
        if path.suffix == ".lock":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return really(path, *more)

    monkeypatch.setattr("os.open", refused)

    with pytest.raises(DeadLettersError, match=r"letters\.jsonl\.lock.*as the user") as caught:
        replay(letters.path, _killed)

    assert caught.value.code == "consumer.not_replayed"
    assert list(letters.read()) == [letter(1)]
