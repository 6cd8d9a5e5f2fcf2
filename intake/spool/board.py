"""What all processes of a host know of their spool, in shared memory: reading it costs no system call."""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path

_BYTES = 4096
_MAGIC = 0x45565350_00000001
_NUMBER = struct.Struct("<q")
_QUIET = b"\0\0"
_PENDING, _AWAY = 0, 1  # bytes of their own, so that two writers never overwrite each other's


class _Slot:
    """A number of the board; reads and writes are single, aligned words."""

    def __init__(self, at: int) -> None:
        self._at = at

    def __get__(self, board: Board, owner: type[Board]) -> int:
        return int(_NUMBER.unpack_from(board.memory, self._at)[0])

    def __set__(self, board: Board, value: int) -> None:
        _NUMBER.pack_into(board.memory, self._at, value)


class Board:
    """The mapped file. It is a hint but for one thing: `is_pending` is never False while an acknowledged record waits.

    Who holds the lock of writing sets segment, committed, appended and pending; who drains sets the others; `is_away` is
    set by whoever failed to reach the log, and taken back by whoever drains.
    """

    _magic = _Slot(8)
    segment = _Slot(16)  # the one that is written to; 0: none
    committed = _Slot(24)  # bytes of it that are synced
    appended_records = _Slot(32)
    appended_bytes = _Slot(40)
    drained_records = _Slot(48)
    drained_bytes = _Slot(56)
    since_ms = _Slot(64)  # when the oldest waiting record was spooled
    damaged = _Slot(72)  # places that held no sound record, since the file was made
    refused = _Slot(80)  # records that the log would never take, likewise
    is_draining = _Slot(88)  # 1: records are leaving

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # Allocated, or a full disk would kill whoever writes to the memory.
            os.posix_fallocate(descriptor, 0, _BYTES)
            self._file_id = _identity(os.fstat(descriptor))
            self.memory = mmap.mmap(descriptor, _BYTES)
        finally:
            os.close(descriptor)
        self._path = path

    @property
    def is_sound(self) -> bool:
        """False: the file is new, or somebody else's."""
        return self._magic == _MAGIC

    @property
    def is_in_place(self) -> bool:
        """False: others see another file by now."""
        try:
            return _identity(self._path.stat()) == self._file_id
        except FileNotFoundError:
            return False

    @property
    def is_quiet(self) -> bool:
        """Whether new records may go to the log: nothing waits, and nobody failed to reach it."""
        return self.memory[0:2] == _QUIET

    @property
    def is_pending(self) -> bool:
        """Whether records wait."""
        return self.memory[_PENDING] != 0

    @is_pending.setter
    def is_pending(self, value: bool) -> None:
        self.memory[_PENDING] = value

    @property
    def is_away(self) -> bool:
        """Whether somebody failed to reach the log, and nobody succeeded since."""
        return self.memory[_AWAY] != 0

    @is_away.setter
    def is_away(self, value: bool) -> None:
        self.memory[_AWAY] = value

    @property
    def records(self) -> int:
        """How many wait."""
        return max(self.appended_records - self.drained_records, 0) if self.is_pending else 0

    @property
    def bytes(self) -> int:
        """How much waits."""
        return max(self.appended_bytes - self.drained_bytes, 0) if self.is_pending else 0

    def reset(self) -> None:
        """Begin anew: nothing that stands there can be trusted."""
        self.memory[:] = b"\0" * _BYTES
        self._magic = _MAGIC

    def close(self) -> None:
        """Let go of the memory."""
        self.memory.close()


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
