"""A lake in a folder of this machine: link for what only one may make, rename for what is moved, fsync for both."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from connectors.sinks.base import StoreDeniedError, StoreUnavailableError
from connectors.stores.lake_blobs import Blob, BlobStore, OutsideError, checked

_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)


class LocalBlobs(BlobStore):
    """Below `root`; names that begin with a dot and a uuid are on their way."""

    def __init__(self, root: str) -> None:
        self._root = Path(root)
        self._real = self._root

    def open(self) -> None:
        with _errors():
            self._root.mkdir(parents=True, exist_ok=True)
            self._real = self._root.resolve()  # the root itself may be a link; nothing below it may lead out

    def close(self) -> None:
        pass

    def create_if_absent(self, key: str, content: bytes) -> bool:
        with _errors():
            path = self._path(key)
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = path.with_name(f".{uuid.uuid4().hex}")
            try:
                write_durably(aside, content)
                os.link(aside, path)
            except FileExistsError:
                return self.read(key) == content
            finally:
                aside.unlink(missing_ok=True)
            fsync_folder(path.parent)
            return True

    def write(self, key: str, content: bytes) -> None:
        with _errors():
            path = self._path(key)
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                write_durably(path, content)
            except OSError:
                path.unlink(missing_ok=True)  # on a full disk each try would leave its part
                raise

    def read(self, key: str) -> bytes | None:
        with _errors():
            try:
                return self._path(key).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def files(self, folder: str, *, after: str = "") -> Iterator[Blob]:
        with _errors():
            for entry in self._scan(folder):
                if entry.name > after and entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):  # moved on since it was listed
                        yield Blob(entry.name, entry.stat().st_size)

    def names(self, folder: str, *, after: str = "") -> Iterator[str]:
        with _errors():
            try:
                found = os.listdir(self._path(folder))  # noqa: PTH208  # a hundred thousand names in hundredths of a second
            except FileNotFoundError:
                found = []
        return (name for name in found if name > after)

    def folders(self, folder: str) -> Iterator[str]:
        with _errors():
            for entry in self._scan(folder):
                if entry.is_dir(follow_symlinks=False):
                    yield entry.name

    def move(self, source: str, target: str) -> None:
        with _errors():
            path = self._path(target)
            path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                self._path(source).rename(path)
                fsync_folder(path.parent)

    def delete(self, key: str) -> None:
        with _errors():
            self._path(key).unlink(missing_ok=True)

    def delete_folder(self, folder: str) -> None:
        with _errors(), suppress(FileNotFoundError):
            shutil.rmtree(self._path(folder))

    def address(self, key: str) -> str:
        return f"file://{self._path(key).absolute()}"  # unescaped, as Hive and Iceberg name files

    def exists(self, key: str) -> bool:
        with _errors():
            return self._path(key).is_file()

    def _scan(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._path(folder)) as entries:
                return list(entries)
        except FileNotFoundError:
            return []

    def _path(self, key: str) -> Path:
        """Where the key lies. Nothing is read or written by a link, nor below one that leads out of the root.

        Raises:
            OutsideError: it does.
        """
        path = self._root / checked(key)
        if path.is_symlink() or not path.parent.resolve().is_relative_to(self._real):
            raise OutsideError(path=path, root=self._root)
        return path


def write_durably(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def fsync_folder(path: Path) -> None:
    """A new name in a folder survives a power cut only when the folder itself was synced."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = StoreDeniedError if error.errno in _DENIED else StoreUnavailableError
        raise kind(reason=f"{error.strerror or error} ({error.filename or 'no path'})") from error
