"""The spool of one host: what its processes share in its folder, and how one of them comes in."""

from __future__ import annotations

import os
import socket
from contextlib import AbstractContextManager
from pathlib import Path

import orjson

from eventplatform.core.errors import FatalError
from intake.spool import segments
from intake.spool.board import Board
from intake.spool.locks import FileLock
from intake.spool.room import Room

_OPEN_SECONDS = 5.0


class SpoolInUseError(FatalError):
    """The host's processes hold the folder, or a command that empties it does."""

    code = "spool.in_use"
    message = "The spool {folder} is in use by {owner}."
    remedy = "Stop it first; while an intake of that host runs, it empties its spool by itself."


class Spool:
    """An open spool. Processes share it; each opens it for itself, after a fork.

    Three locks: `owner` is shared by all that have it open, `writing` is held around a group commit, `draining` by whoever
    sends what is in it.
    """

    def __init__(self, folder: Path, room: Room | None = None, *, is_alone: bool = False) -> None:
        """Open the folder, making it where it is missing; `is_alone`: nobody else may have it open.

        Raises:
            SpoolInUseError: others have it, and one of us wants to be alone.
            OSError: the disk or the folder's rights don't allow it.
        """
        self.folder = folder
        self.room = room or Room()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._owner = FileLock(folder / "owner.lock")
        try:
            self._enter(is_alone=is_alone)
            self._writing = FileLock(folder / "writing.lock")
            self.draining = FileLock(folder / "draining.lock")
            with self._writing.held(_OPEN_SECONDS):
                self.board = Board(folder / "board")
                self._mend_board()
            segments.sync_folder(folder)
        except BaseException:
            self._owner.close()
            raise

    def writing(self, timeout_seconds: float) -> AbstractContextManager[None]:
        """Hold the lock of writing for a block.

        Raises:
            LockBusyError: another process held it all the time.
        """
        return self._writing.held(timeout_seconds)

    @property
    def used(self) -> float:
        """How full it is, from 0 to 1."""
        return self.room.used(self.folder, self.board.bytes)

    def close(self) -> None:
        """Let go of locks and memory."""
        for lock in (self.draining, self._writing, self._owner):
            lock.close()
        self.board.close()

    def _enter(self, *, is_alone: bool) -> None:
        if not self._owner.acquire(is_shared=not is_alone):
            raise SpoolInUseError(folder=self.folder, owner=_read(self._owner.path) or "another process")
        self._owner.path.write_bytes(orjson.dumps({"host": socket.gethostname(), "process": os.getpid()}))

    def _mend_board(self) -> None:
        """After a power cut the board may be older than the files: what lies there is waiting until somebody has looked."""
        if not self.board.is_sound:
            self.board.reset()
        if segments.listing(self.folder):
            self.board.is_pending = True


def _read(path: Path) -> str:
    try:
        found = orjson.loads(path.read_bytes())
        return f"process {found['process']} of {found['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
