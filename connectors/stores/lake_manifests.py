"""Manifests of a lake: one per flush, named by its start, created only if absent, so that one writer wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from connectors.sinks.base import Position
from connectors.stores.lake_blobs import BlobStore
from connectors.stores.lake_log import FencedLog
from connectors.stores.lake_paths import MANIFESTS, below
from eventplatform.core.records import TopicPartition


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of events: where it was written, and where it belongs; both below the root."""

    temporary: str
    final: str
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one flush put into the lake, and the position after it.

    Offsets only grow within a `generation`; a move backwards or to another incarnation of the topic begins the next one,
    so that the newest manifest is always the one with the greatest name.
    """

    generation: int
    start: int
    position: Position
    files: tuple[DataFile, ...] = ()
    canaries: tuple[tuple[str, str, str, str], ...] = ()  # stream, id, sent, written

    @property
    def name(self) -> str:
        return f"{self.generation:04d}-{self.start:020d}"

    @property
    def next_generation(self) -> int:
        """The generation of the manifest that follows this one."""
        return self.generation + (self.position.next_offset <= self.start)

    @classmethod
    def following(cls, last: Manifest | None, after: Position) -> Manifest:
        """The manifest that takes the place from `last` (None: the first of all) to `after`."""
        if last is None:
            return cls(0, 0, after)
        return cls(last.next_generation, last.position.next_offset, after)

    def as_json(self) -> bytes:
        return orjson.dumps(self, option=orjson.OPT_INDENT_2)

    @classmethod
    def from_json(cls, text: bytes) -> Manifest:
        found: dict[str, Any] = orjson.loads(text)
        return cls(
            generation=found["generation"],
            start=found["start"],
            position=Position(**found["position"]),
            files=tuple(DataFile(**file) for file in found["files"]),
            canaries=tuple((stream, event, sent, written) for stream, event, sent, written in found["canaries"]),
        )


class Manifests:
    """The manifests of a lake: `_offsets/<topic>/<partition>/<generation>-<start>.json`."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def newest(self, where: TopicPartition) -> Manifest | None:
        found = self.log(where).newest()
        return Manifest.from_json(found[1]) if found else None

    def create(self, where: TopicPartition, manifest: Manifest) -> bool:
        """Put the manifest in its place, which commits it; False where another writer was first."""
        return self.log(where).append(manifest.name, manifest.as_json())

    def log(self, where: TopicPartition) -> FencedLog:
        """The partition's manifests as they lie."""
        return FencedLog(self._blobs, below(MANIFESTS, where))
