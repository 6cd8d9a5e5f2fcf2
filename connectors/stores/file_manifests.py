"""Manifests of the files sink: one per flush, named by its start, created only if absent, so that one writer wins."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from connectors.sinks.base import Position, RecordRefusedError
from eventplatform.core.names import is_topic_name
from eventplatform.core.records import TopicPartition


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of events: where it was written, and where it belongs; both below the root."""

    temporary: str
    final: str
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one flush put into the folder, and the position after it.

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


_OWN_FOLDERS = ("_offsets", "_canaries", ".staging")
_MAX_STEM = 200  # of the 255 bytes of a file's name, which has partition, manifest and ending too
_KEPT_STEM = 160
_NO_TOPIC = "~"  # no topic's name has it, so what holds it collides with none


def stream_folder(stream: str) -> str:
    """The folder of a stream's data; a stream named like one of the sink's own folders gets a mark.

    Raises:
        RecordRefusedError: names that are no topic's could lead out of the root.
    """
    if not is_topic_name(stream):
        raise RecordRefusedError(reason=f"{stream!r} can't name a folder")
    return f"{_NO_TOPIC}{stream}" if stream in _OWN_FOLDERS else stream


def file_stem(topic: str) -> str:
    """The topic in a data file's name, cut where the name would get too long for the file system."""
    if len(topic) <= _MAX_STEM:
        return topic
    return f"{topic[:_KEPT_STEM]}{_NO_TOPIC}{hashlib.sha256(topic.encode()).hexdigest()[:16]}"


def owner_file(root: Path) -> Path:
    """The file that says which connector writes here; one of the former name, which a topic may have, is moved."""
    owner = root / "_offsets" / f"{_NO_TOPIC}connector"
    former = root / "_offsets" / "connector"
    if former.is_file():
        with suppress(FileNotFoundError):  # another slice moved it just now
            former.rename(owner)
    return owner


class Manifests:
    """The manifests below one root: `_offsets/<topic>/<partition>/<generation>-<start>.json`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def below(self, folder: str, where: TopicPartition) -> Path:
        """A partition's place in `folder`; names that are no topic's could lead out of the root."""
        if not is_topic_name(where.topic):
            raise RecordRefusedError(reason=f"{where.topic!r} can't name a folder")
        return self._root / folder / where.topic / str(where.partition)

    def newest(self, where: TopicPartition) -> Manifest | None:
        folder = self.below("_offsets", where)
        names = [entry.name for entry in os.scandir(folder) if entry.name.endswith(".json")] if folder.exists() else []
        return Manifest.from_json((folder / max(names)).read_bytes()) if names else None

    def link(self, where: TopicPartition, manifest: Manifest) -> bool:
        """Put the manifest in its place; False where there is one of that name already."""
        return create_once(self.below("_offsets", where) / f"{manifest.name}.json", manifest.as_json())


def create_once(path: Path, content: bytes) -> bool:
    """Make the file with its whole content, durably; False, and nothing changed, where it exists."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{uuid.uuid4().hex}")
    write_durably(aside, [content])
    try:
        os.link(aside, path)
    except FileExistsError:
        return False
    finally:
        aside.unlink()
    fsync_folder(path.parent)
    return True


def write_durably(path: Path, parts: Iterable[bytes]) -> None:
    with path.open("xb") as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())


def fsync_folder(path: Path) -> None:
    """A new name in a folder survives a power cut only when the folder itself was synced."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
