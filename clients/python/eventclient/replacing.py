"""A file that is replaced as a whole: who reads it finds the old or the new, and no half of one is left beside it."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path


def replace(path: Path, content: bytes, *, is_durable: bool) -> None:
    """Durable: it returns once the content is on the disk, which may take long.

    Raises:
        OSError: it can't be written; what stood there before stands there still. Or, of the folder: it may come back.
    """
    file = tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False)  # noqa: SIM115  # closed below
    try:
        with file:
            file.write(content)
            file.flush()
            if is_durable:
                os.fsync(file.fileno())
        os.replace(file.name, path)  # noqa: PTH105  # the atomic step, by its own name
    except BaseException:
        os.unlink(file.name)  # noqa: PTH108  # likewise
        raise
    if is_durable:
        _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    """Else the old file may stand there again after a power cut. Not every folder can be opened, nor every disk asked."""
    try:
        folder = os.open(path, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(folder)
