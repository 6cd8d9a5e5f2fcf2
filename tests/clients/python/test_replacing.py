"""Files that are replaced as a whole, and what is left where they can't be."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from eventclient import replacing
from eventclient.consuming.errors import PositionsError
from eventclient.consuming.positions import FilePositions
from eventclient.producing import config_file


def save_position(path: Path) -> None:
    with pytest.raises(PositionsError, match="No space left"):
        FilePositions(path).save("c", "[2]")


def save_configuration(path: Path) -> None:
    config_file.write(path, {"revision": 2})


def test_replace__twice__the_last_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "file"

    replacing.replace(path, b"first, and longer", is_durable=True)
    replacing.replace(path, b"second", is_durable=False)

    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("save", "call"), [(save_position, "os.fsync"), (save_position, "os.replace"), (save_configuration, "os.replace")]
)
def test_write__disk_is_full__the_old_stays_and_no_half_of_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, save: Callable[[Path], None], call: str
) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(call, full)

    save(path)

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_replace__something_else_in_its_place__left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()

    with pytest.raises(OSError, match="directory"):
        replacing.replace(tmp_path / "file", b"new", is_durable=True)

    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_replace__durable__the_folder_is_asked_for_after_the_file_took_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, synced = tmp_path / "file", list[tuple[bool, bool]]()
    monkeypatch.setattr("os.fsync", lambda file: synced.append((stat.S_ISDIR(os.fstat(file).st_mode), path.exists())))

    replacing.replace(path, b"durable", is_durable=True)
    replacing.replace(path, b"not", is_durable=False)

    assert synced == [(False, False), (True, True)]


@pytest.mark.parametrize(("call", "number"), [("os.open", errno.EACCES), ("os.fsync", errno.EINVAL)])
def test_replace__folder_that_can_t_be_synced__written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    path = tmp_path / "file"
    real = getattr(os, call.removeprefix("os."))

    def refused(at: Path | int, *more: int) -> int | None:
        is_folder = at == tmp_path or (isinstance(at, int) and stat.S_ISDIR(os.fstat(at).st_mode))
        if is_folder:
            raise OSError(number, os.strerror(number))
        return real(at, *more)  # type: ignore[no-any-return]  # the system's own

    monkeypatch.setattr(call, refused)

    replacing.replace(path, b"new", is_durable=True)

    assert path.read_bytes() == b"new"


def test_replace__folder_s_disk_fails__said_and_the_new_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"

    def broken(file: int) -> None:
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("os.fsync", broken)

    with pytest.raises(OSError, match="Input/output"):
        replacing.replace(path, b"new", is_durable=True)

    assert path.read_bytes() == b"new"
