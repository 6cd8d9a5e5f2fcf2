"""Private folders: made, refused with a reason, held, removed."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest

from eventplatform.embedded import folders
from eventplatform.embedded.errors import FolderUnusableError, ServerBusyError


def test_make_private__parent_is_a_file__says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(FolderUnusableError, match=r"can't be written: Not a directory|can't be written: File exists"):
        folders.make_private(tmp_path / "file" / "var")


def test_make_private__read_only__says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere but on a read-only disk

    with pytest.raises(FolderUnusableError, match="read-only"):
        folders.make_private(tmp_path)


def test_hold__holder_has_not_written_its_number_yet__waits_for_it(tmp_path: Path) -> None:
    lock = tmp_path / "run.lock"

    with lock.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        writer = threading.Timer(0.2, lock.write_text, ["4711"])
        writer.start()
        with pytest.raises(ServerBusyError, match="process 4711"):
            folders.hold(lock, server="The platform", folder=tmp_path)
        writer.join()


def test_remove_sockets__leftovers_of_servers__gone_with_the_folder_but_nothing_else(tmp_path: Path) -> None:
    ours, strange = tmp_path / "ours", tmp_path / "strange"
    for folder, name in ((ours, "redis.sock"), (strange, "photo")):
        folder.mkdir()
        (folder / name).touch()
        folders.remove_sockets(folder)

    assert not ours.exists()
    assert (strange / "photo").exists()
