"""Files that are replaced as a whole, and what is left where they can't be."""

from __future__ import annotations

import errno
import os
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
