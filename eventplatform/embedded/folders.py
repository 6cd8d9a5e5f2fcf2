"""Private folders of the embedded servers: made 0700, checked, and held by one starter at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from eventplatform.embedded.errors import DiskFullError, FolderUnsafeError, FolderUnusableError, ServerBusyError

_NEEDED_BYTES = 400 * 1024 * 1024
_HOLDER_SECONDS = 1.0


def make_private(folder: Path, *, owners: frozenset[int] = frozenset()) -> Path:
    """`folder` as a directory of ours that nobody else may enter; parents keep their permissions.

    A symbolic link or a folder of a stranger is refused: in /tmp anybody may have put one there. `owners` are further
    user ids that count as ours.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
    except OSError as error:
        raise FolderUnusableError(folder=folder, reason=error.strerror) from error
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode):
        raise FolderUnsafeError(folder=folder, reason="is a link or a file, not a folder")
    if facts.st_uid not in {os.geteuid(), *owners}:
        raise FolderUnsafeError(folder=folder, reason="belongs to another user")
    if not os.access(folder, os.W_OK):
        raise FolderUnusableError(folder=folder, reason="It is read-only")
    if stat.S_IMODE(facts.st_mode) != 0o700:  # noqa: PLR2004  # a mode is best read as a number
        folder.chmod(0o700)
    return folder


def need_space(folder: Path) -> None:
    """Refuse to start on a disk that is about to run full."""
    free = shutil.disk_usage(folder).free
    if free < _NEEDED_BYTES:
        raise DiskFullError(folder=folder, free_mb=free >> 20, needed_mb=_NEEDED_BYTES >> 20)


def remove_sockets(folder: Path) -> None:
    """Remove the sockets' folder with what a killed server left in it; a folder with anything else stays."""
    with suppress(OSError):
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock", "redis.sock"):
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def hold(lock: Path, *, server: str, folder: Path) -> IO[str]:
    """The lock of a data folder, held until the returned file is closed or this process ends."""
    file = lock.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = _holder(file)
        file.close()
        raise ServerBusyError(server=server, folder=folder, pid=pid) from None
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    return file


def _holder(file: IO[str]) -> str:
    """The process that holds a lock; it writes its number a moment after it took it."""
    deadline = time.monotonic() + _HOLDER_SECONDS
    while True:
        file.seek(0)
        if pid := file.read().strip():
            return pid
        if time.monotonic() > deadline:
            return "unknown"
        time.sleep(0.02)


def give(folder: Path, owner: int) -> None:
    """Let `owner` own the folder and everything in it; only root ever needs this."""
    if folder.stat().st_uid == owner:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner, owner, follow_symlinks=False)
