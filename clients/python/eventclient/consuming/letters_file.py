"""Dead letters as lines of JSON in a file: on the disk before the consumer goes on, and handled again with `replay`."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from eventclient.consuming.dead_letters import DeadLetter, words_of
from eventclient.consuming.errors import DeadLettersError, ReplayUnderWayError

_log = logging.getLogger("eventclient.consuming")

_MODE = 0o600  # whole events stand in it
_REMEDY = "Replay as the user whose files they are; a .lock that another user's replay left may be deleted once that has ended."


class FileDeadLetters:
    """One file, which several processes of one host may share."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def put(self, letter: DeadLetter) -> None:
        try:
            with _locked(self.path) as file:
                _append(file, orjson.dumps(letter.as_json()) + b"\n")
        except OSError as error:
            raise DeadLettersError(f"The dead letters' file {self.path} can't be written ({error.strerror}).") from error

    def read(self) -> Iterator[DeadLetter]:
        """All letters, the oldest first; lines that can't be read are left out."""
        yield from (letter for line in _lines(self.path) if (letter := _letter(line)))


def replay(path: str | Path, handler: Callable[[DeadLetter], object]) -> tuple[int, int]:
    """Give each letter of a file to `handler`; those that it raises for stay. How many were handled, and how many stay.

    The consumer may go on writing to the file meanwhile. Killed in the middle, the next replay begins with the same ones again.
    Lines that can't be read stay too.

    Raises:
        ReplayUnderWayError: the file is being replayed, by another process or thread.
        DeadLettersError: the files may not be read or written.
    """
    path = Path(path)
    if not files(path):
        return 0, 0
    turn = path.with_name(path.name + ".lock")
    try:
        with _locked(turn, waits=False):
            try:
                return _replayed(path, handler)
            finally:
                turn.unlink()
    except BlockingIOError:
        raise ReplayUnderWayError(f"The dead letters of {path} are being replayed already.") from None
    except PermissionError as error:
        told = f"The dead letters of {path} can't be replayed ({error.strerror}: {error.filename or turn})."
        raise DeadLettersError(told, remedy=_REMEDY, code="consumer.not_replayed") from error


def files(path: str | Path) -> list[Path]:
    """Where letters of a file stand: what a replay took and has not ended with, and the file; those that are there."""
    path = Path(path)
    return [one for one in (_taken(path), path) if one.exists()]


def _taken(path: Path) -> Path:
    return path.with_name(path.name + ".replaying")


def _replayed(path: Path, handler: Callable[[DeadLetter], object]) -> tuple[int, int]:
    taken = _taken(path)
    if not taken.exists():
        if not path.exists():
            return 0, 0
        with _locked(path):
            path.rename(taken)
    lines = list(_lines(taken))
    stay = [line for line in lines if not _handled(line, handler)]
    if stay:
        with _locked(path) as file:
            _append(file, b"".join(line.rstrip(b"\n") + b"\n" for line in stay))
    taken.unlink()
    return len(lines) - len(stay), len(stay)


def _handled(line: bytes, handler: Callable[[DeadLetter], object]) -> bool:
    letter = _letter(line)
    if letter is None:
        return False
    try:
        handler(letter)
    except Exception as error:  # noqa: BLE001  # whatever it is, the letter stays
        _log.warning("letter.stays topic=%s offset=%s error=%s", letter.topic, letter.offset, words_of(error))
        return False
    return True


@contextmanager
def _locked(path: Path, *, waits: bool = True) -> Iterator[int]:
    """The file open for appending and ours alone; a replay may have moved it away while we waited."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, _MODE)
        try:
            fcntl.flock(file, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(path, file):
                yield file
                return
        finally:
            os.close(file)


def _is_still(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False


def _append(file: int, line: bytes) -> None:
    """Whole lines only: half of one that a full disk or a crash left is ended first."""
    size = os.fstat(file).st_size
    if size and os.pread(file, 1, size - 1) != b"\n":
        line = b"\n" + line
    while line:
        line = line[os.write(file, line) :]
    os.fsync(file)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as lines:
        yield from (line for line in lines if line.strip())


def _letter(line: bytes) -> DeadLetter | None:
    try:
        return DeadLetter.from_json(orjson.loads(line))
    except (ValueError, TypeError, AttributeError):
        return None
