"""Merges the files of an hour into few, where no reader looks yet."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.sinks.base import StoreUnavailableError
from connectors.stores.lake_blobs import Blob, BlobStore
from connectors.stores.lake_formats import Format
from connectors.stores.lake_hours import Merge
from connectors.stores.lake_paths import hour_folder, merging_folder

_LEFT_FOR = timedelta(days=1)  # what a killed tick left is nobody's after that
_STAMP = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class Merger:
    """Merges files of one stream, up to `most_bytes` in one; each try writes into a place of its own."""

    blobs: BlobStore
    stream: str
    form: Format
    most_bytes: int

    def merge(self, hour: datetime, files: Sequence[Blob], rows: Mapping[str, int]) -> tuple[Merge, ...]:
        """Files that replace some of these; they wait where no reader looks."""
        alike = sorted((one for one in files if one.name.endswith(self.form.ending)), key=lambda one: one.name)
        return tuple(self._merge(hour, group, rows) for group in self._groups(alike))

    def sweep(self) -> None:
        """Remove what killed ticks left."""
        eldest = (datetime.now(UTC) - _LEFT_FOR).strftime(_STAMP)
        folder = merging_folder(self.stream)
        for name in list(self.blobs.folders(folder)):
            if name < eldest:
                self.blobs.delete_folder(f"{folder}/{name}")

    def _merge(self, hour: datetime, group: Sequence[Blob], rows: Mapping[str, int]) -> Merge:
        folder = hour_folder(self.stream, hour)
        inputs = tuple(f"{folder}/{one.name}" for one in group)
        mark = uuid.uuid4().hex
        temporary = f"{merging_folder(self.stream)}/{datetime.now(UTC).strftime(_STAMP)}-{mark}/0"
        self.blobs.write(temporary, self.form.merged(map(self._content, inputs)))
        return Merge(inputs, temporary, f"{folder}/merged.{mark}{self.form.ending}", sum(rows[one.name] for one in group))

    def _content(self, key: str) -> bytes:
        content = self.blobs.read(key)
        if content is None:
            raise StoreUnavailableError(reason=f"{key} is gone: it expired, or another run merged it")
        return content

    def _groups(self, files: Sequence[Blob]) -> Iterator[list[Blob]]:
        group: list[Blob] = []
        for one in files:
            if group and sum(each.size for each in group) + one.size > self.most_bytes:
                if len(group) > 1:
                    yield group
                group = []
            group.append(one)
        if len(group) > 1:
            yield group
