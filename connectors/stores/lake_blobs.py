"""The contract of what lies under a lake: blobs below one root, of which a name can be taken by one writer only."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from eventplatform.core.errors import FatalError, RejectedError


class KeyRefusedError(RejectedError):
    """A key that could lead out of the root, or that the store can't hold."""

    code = "lake.key_refused"
    message = "{key} can't name a file: {reason}."
    remedy = "Nothing to do: names of streams, topics and hours make other keys; look for who changed them."


class OutsideError(FatalError):
    """Something below the root, a symbolic link, leads out of it."""

    code = "lake.outside"
    message = "{path} may lead out of {root}."
    remedy = "Replace the symbolic link with a folder (or mount the other disk there), then resume the connector."


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob as a listing shows it: its name within the folder."""

    name: str
    size: int


class BlobStore(ABC):
    """Blobs below one root, by key: names joined by `/`, relative, never with `..`.

    Every method raises `StoreUnavailableError` where the store is away, busy or full; then the change was made or not, and
    whoever goes on looks first. All of them may be called again with the same arguments.
    """

    @abstractmethod
    def open(self) -> None:
        """Connect."""

    @abstractmethod
    def close(self) -> None:
        """Let go; harmless when not open."""

    @abstractmethod
    def create_if_absent(self, key: str, content: bytes) -> bool:
        """Make the blob, whole and durably; False, and nothing changed, where the key is taken. The commit of all protocols.

        True also where the blob is there with this very content: an earlier call whose answer was lost.
        """

    @abstractmethod
    def write(self, key: str, content: bytes) -> None:
        """Make the blob durably under a key that nobody else uses."""

    @abstractmethod
    def read(self, key: str) -> bytes | None:
        """The content; None where there is none."""

    @abstractmethod
    def files(self, folder: str, *, after: str = "") -> Iterator[Blob]:
        """The blobs right in the folder whose names are greater than `after`, in any order; none where it is absent."""

    @abstractmethod
    def folders(self, folder: str) -> Iterator[str]:
        """The names of the folders right in the folder, in any order."""

    @abstractmethod
    def move(self, source: str, target: str) -> None:
        """Bring the blob to `target`, whole at once; nothing where `source` is gone: somebody moved it before."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Delete the blob; nothing where it is gone."""

    @abstractmethod
    def delete_folder(self, folder: str) -> None:
        """Delete all blobs below the folder, and it."""

    @abstractmethod
    def address(self, key: str) -> str:
        """Where others find the blob: a URL."""

    def names(self, folder: str, *, after: str = "") -> Iterator[str]:
        """As `files`, for a folder of files alone, of which nobody asks the size."""
        return (one.name for one in self.files(folder, after=after))

    def exists(self, key: str) -> bool:
        """True where the blob is there."""
        return self.read(key) is not None


def checked(key: str) -> str:
    """The key, once it is proven to stay below the root.

    Raises:
        KeyRefusedError: it does not.
    """
    if "\x00" in key or "\\" in key:
        raise KeyRefusedError(key=repr(key), reason="it holds a NUL or a backslash")
    if not all(part and part not in {".", ".."} for part in key.split("/")):
        raise KeyRefusedError(key=repr(key), reason="it is absolute, or has an empty part or dots for one")
    return key
