"""A lake in HDFS, by the native protocol (no JVM): a rename that never replaces is what only one writer can do."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import hdfs_native

from connectors.sinks.base import StoreDeniedError, StoreUnavailableError
from connectors.stores.lake_blobs import Blob, BlobStore, checked

_CHUNK = 4 * 1024 * 1024
_EXISTS = "FileAlreadyExistsException"
# How long a NameNode that is away is asked again: with its own defaults the client would take minutes.
_PATIENCE = {
    "dfs.client.failover.max.attempts": "4",
    "dfs.client.failover.sleep.base.millis": "500",
    "dfs.client.failover.sleep.max.millis": "3000",
    "dfs.client.socket-timeout": "30000",
}
_NOT_AGAIN = hdfs_native.WriteOptions(overwrite=False)


class HdfsBlobs(BlobStore):
    """Below `root` of a cluster. Closing even a small file takes almost half a second: write few and large ones."""

    def __init__(self, url: str, root: str, settings: Mapping[str, str]) -> None:
        self._url = url.rstrip("/")
        self._root = f"/{root.strip('/')}".rstrip("/")
        self._settings = {**_PATIENCE, **settings}
        self._client: Any = None

    def open(self) -> None:
        with _errors():
            self._client = hdfs_native.Client(self._url, self._settings)

    def close(self) -> None:
        self._client = None

    def create_if_absent(self, key: str, content: bytes) -> bool:
        with _errors():
            path = self._path(key)
            if self._is_there(path):
                return self.read(key) == content
            folder, _, name = path.rpartition("/")
            aside = f"{folder}/.{name}.{uuid.uuid4().hex}"
            self._put(aside, content)
            try:
                self._client.rename(aside, path, overwrite=False)
            except Exception as error:  # hdfs-native knows no classes of its own
                if not _says(error, _EXISTS, "already exist"):
                    raise
                with suppress(Exception):
                    self._client.delete(aside)
                return self.read(key) == content  # the client sends again what had no answer, and so may meet itself
            return True

    def write(self, key: str, content: bytes) -> None:
        with _errors():
            self._put(self._path(key), content)

    def read(self, key: str) -> bytes | None:
        with _errors():
            try:
                content: bytes = self._client.read(self._path(key)).read()
            except FileNotFoundError:
                return None
            return content

    def files(self, folder: str, *, after: str = "") -> Iterator[Blob]:
        for found in self._listed(folder):
            name = found.path.rpartition("/")[2]
            if not found.isdir and name > after:
                yield Blob(name, found.length)

    def folders(self, folder: str) -> Iterator[str]:
        return (found.path.rpartition("/")[2] for found in self._listed(folder) if found.isdir)

    def move(self, source: str, target: str) -> None:
        with _errors():
            path = self._path(target)
            self._client.mkdirs(path.rpartition("/")[0], create_parent=True)
            with suppress(FileNotFoundError):
                self._client.rename(self._path(source), path, overwrite=True)

    def delete(self, key: str) -> None:
        with _errors(), suppress(FileNotFoundError):
            self._client.delete(self._path(key))

    def delete_folder(self, folder: str) -> None:
        with _errors(), suppress(FileNotFoundError):
            self._client.delete(self._path(folder), recursive=True)

    def address(self, key: str) -> str:
        return f"{self._url}{self._path(key)}"

    def exists(self, key: str) -> bool:
        with _errors():
            return self._is_there(self._path(key))

    def _is_there(self, path: str) -> bool:
        try:
            return not self._client.get_file_info(path).isdir
        except FileNotFoundError:
            return False

    def _put(self, path: str, content: bytes) -> None:
        """Makes the parents too; what a failed try left is taken away, as far as the cluster answers."""
        try:
            with self._client.create(path, _NOT_AGAIN) as file:
                for start in range(0, len(content), _CHUNK):
                    file.write(content[start : start + _CHUNK])
        except Exception:
            with suppress(Exception):
                self._client.delete(path)
            raise

    def _listed(self, folder: str) -> Iterator[Any]:
        with _errors(), suppress(FileNotFoundError):
            yield from self._client.list_status(self._path(folder))

    def _path(self, key: str) -> str:
        return f"{self._root}/{checked(key)}"


def _says(error: BaseException, *words: str) -> bool:
    return any(word in str(error) for word in words)


@contextmanager
def _errors() -> Iterator[None]:
    """Everything else may pass: a cluster in safe mode or in startup, no space, no right, no answer."""
    try:
        yield
    except StoreUnavailableError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).partition("\n")[0][:200]
        kind = StoreDeniedError if _says(error, "AccessControlException") else StoreUnavailableError
        raise kind(reason=reason or type(error).__name__) from error
