"""What data files look like: lines of JSON, or Parquet."""

from __future__ import annotations

import gzip
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
from backports import zstd

from connectors.sinks.base import WriteBatch

# Each can be written one after the other: a file of several members or frames is read as one.
_COMPRESS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "none": ("", bytes),
    "gzip": (".gz", lambda content: gzip.compress(content, 6, mtime=0)),
    "zstd": (".zst", zstd.compress),
}


class Format(ABC):
    """How events of one stream become files."""

    ending: str

    @abstractmethod
    def shaped(self, batch: WriteBatch) -> tuple[Sequence[Any], int]:
        """Each row of the batch in the form that `encoded` takes, and how many values were discarded.

        Raises:
            RowsRefusedError: with every row that can't be stored.
        """

    @abstractmethod
    def encoded(self, rows: Sequence[Any]) -> bytes:
        """A whole file."""

    @abstractmethod
    def merged(self, contents: Iterable[bytes]) -> bytes:
        """One file of several."""


class Lines(Format):
    """An event a line."""

    def __init__(self, compression: str) -> None:
        ending, self._compress = _COMPRESS[compression]
        self.ending = f".jsonl{ending}"

    def shaped(self, batch: WriteBatch) -> tuple[Sequence[bytes], int]:
        # Not the records' own bytes: a field that stands there twice would make some readers fail on the whole file.
        return [orjson.dumps(row.event, option=orjson.OPT_APPEND_NEWLINE) for row in batch.rows], 0

    def encoded(self, rows: Sequence[bytes]) -> bytes:
        return self._compress(b"".join(rows))

    def merged(self, contents: Iterable[bytes]) -> bytes:
        return b"".join(contents)
