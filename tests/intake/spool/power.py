"""A model of a disk that loses power: only what was synced stays, and names only as the folder's own sync left them."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest


class Disk:
    """Watches this process's syncs below `folder`. What was deleted may be there again, as on a real disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._synced: dict[str, bytes] = {}
        self._names: set[str] = set()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Patches the syncs of this process while the block lasts."""
        fdatasync, fsync = os.fdatasync, os.fsync

        def sync_data(descriptor: int) -> None:
            fdatasync(descriptor)
            self._note(descriptor)

        def sync(descriptor: int) -> None:
            fsync(descriptor)
            self._note(descriptor)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fdatasync", sync_data)
            patch.setattr(os, "fsync", sync)
            yield

    def _note(self, descriptor: int) -> None:
        path = Path(str(Path(f"/proc/self/fd/{descriptor}").readlink()).removesuffix(" (deleted)"))
        with self._lock:
            if path == self._folder:
                self._names |= set(os.listdir(path))  # noqa: PTH208  # names alone
            elif path.parent == self._folder:
                with contextlib.suppress(FileNotFoundError):  # deleted in between
                    self._synced[path.name] = path.read_bytes()

    def cut(self, to: Path, random: Random) -> None:
        """Write what a power cut now would leave; the board, never synced, holds anything."""
        to.mkdir()
        with self._lock:
            for name in self._names:
                if name != "board" and Path(name).suffix != ".lock":
                    (to / name).write_bytes(self._synced.get(name, b""))
        if random.random() < 0.7:
            (to / "board").write_bytes(random.choice([b"", bytes(4096), random.randbytes(4096)]))
