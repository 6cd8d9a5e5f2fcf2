"""A log of small documents in a lake: whoever comes second with a name is fenced, and old ones may be pruned."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.stores.lake_blobs import BlobStore

_ENDING = ".json"


@dataclass(frozen=True, slots=True)
class FencedLog:
    """Documents below one folder, under names that only grow; the newest one counts.

    A writer makes the name that follows the newest it knows. The name is made only if absent, so of two writers one wins.
    Pruning frees names, and a writer that slept meanwhile could take a freed one: so whoever made a name looks whether a
    greater one is there (pruning never takes the newest away), and then has lost all the same; its document means nothing.
    """

    blobs: BlobStore
    folder: str

    def newest(self, *, after: str = "") -> tuple[str, bytes] | None:
        """The newest name and its document; None where there is none, or none after that name."""
        while names := self.names(after=after):
            content = self.read(max(names))
            if content is not None:
                return max(names), content
        return None  # pragma: no cover  # only a log that is pruned all the time comes here again

    def append(self, name: str, content: bytes) -> bool:
        """Make the next document; False where another writer was first."""
        return self.blobs.create_if_absent(self._key(name), content) and max(self.names(after=_before(name))) == name

    def names(self, *, after: str = "") -> list[str]:
        """All names after that one, unordered."""
        last = f"{after}{_ENDING}" if after else ""
        return [name.removesuffix(_ENDING) for name in self.blobs.names(self.folder, after=last) if _is_ours(name)]

    def read(self, name: str) -> bytes | None:
        return self.blobs.read(self._key(name))

    def prune(self, names: list[str]) -> None:
        """Forget these; the caller keeps the newest."""
        for name in names:
            self.blobs.delete(self._key(name))

    def _key(self, name: str) -> str:
        return f"{self.folder}/{name}{_ENDING}"


def _is_ours(name: str) -> bool:
    """Not what is on its way (dots) and not what marks the folder."""
    return name.endswith(_ENDING) and not name.startswith(".")


def _before(name: str) -> str:
    """A name right before this one: its last digit cut off."""
    return name[:-1]
