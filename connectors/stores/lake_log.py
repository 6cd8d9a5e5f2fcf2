"""A log of small documents in a lake: whoever comes second with a name is fenced, and old ones may be pruned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from connectors.stores.lake_blobs import BlobStore

_ENDING = ".json"
_MANY = 1000
_HINTS = "~hints"


@dataclass(frozen=True, slots=True)
class FencedLog:
    """Documents below one folder, under names that only grow; the newest one counts.

    A writer makes the name that follows the newest it knows. The name is made only if absent, so of two writers one wins.
    Pruning frees names, and a writer that slept meanwhile could take a freed one: so whoever made a name looks whether a
    greater one is there (pruning never takes the newest away), and then has lost all the same; its document means nothing.
    """

    blobs: BlobStore
    folder: str

    def newest(self) -> tuple[str, bytes] | None:
        """The newest name and its document; None where there is none."""
        while names := self._recent():
            content = self.read(max(names))
            if content is not None:
                return max(names), content
        return None

    def append(self, name: str, content: bytes) -> bool:
        """Make the next document; False where another writer was first."""
        return self.blobs.create_if_absent(self._key(name), content) and max(self.names(after=_before(name))) == name

    def names(self, *, after: str = "") -> list[str]:
        """All names after that one, unordered."""
        return list(self._names(after))

    def read(self, name: str) -> bytes | None:
        return self.blobs.read(self._key(name))

    def prune(self, names: list[str]) -> None:
        """Forget these; the caller keeps the newest."""
        for name in names:
            self.blobs.delete(self._key(name))

    def _recent(self) -> list[str]:
        """All names; where those are many, the ones since a hint. The newest is among them, as names only grow.

        A store such as S3 lists a thousand at a time, from the oldest on; so a hint says from where on to list.
        """
        names = list(islice(self._names(""), _MANY + 1))
        if len(names) <= _MANY:
            return names
        hints = FencedLog(self.blobs, f"{self.folder}/{_HINTS}")
        known = hints.names()
        names = (self.names(after=_before(max(known))) if known else []) or self.names()
        if len(names) > _MANY // 2:
            hints.append(max(names), b"{}")
            hints.prune(known)
        return names

    def _names(self, after: str) -> Iterator[str]:
        last = f"{after}{_ENDING}" if after else ""
        return (name.removesuffix(_ENDING) for name in self.blobs.names(self.folder, after=last) if _is_ours(name))

    def _key(self, name: str) -> str:
        return f"{self.folder}/{name}{_ENDING}"


def _is_ours(name: str) -> bool:
    """Not what is on its way (dots) and not what marks the folder."""
    return name.endswith(_ENDING) and not name.startswith(".")


def _before(name: str) -> str:
    """A name right before this one: its last digit cut off."""
    return name[:-1]
