"""The columns of each stream's Parquet files, kept in the lake itself: every worker writes the same ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import orjson

from connectors.sinks.base import StoreUnavailableError
from connectors.stores import lake_columns
from connectors.stores.lake_blobs import BlobStore
from connectors.stores.lake_columns import Struct
from connectors.stores.lake_log import FencedLog
from connectors.stores.lake_paths import schemas_folder

_TRIES = 5


class Schemas:
    """Columns by stream; they only ever get more, and none changes its type, so that all files can be read as one table."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._known: dict[str, Struct] = {}

    def columns(self, stream: str) -> Struct:
        """The stream's columns as last seen; none where nobody prepared it."""
        if stream not in self._known:
            self._read(stream)
        return self._known[stream]

    def evolve(self, stream: str, document: Mapping[str, Any], *, is_frozen: bool) -> None:
        """Add what the schema has more; where columns are frozen, only for a stream that has none yet.

        Raises:
            StoreUnavailableError: other workers are at it all the time.
        """
        wanted = lake_columns.columns(document)
        if stream in self._known and lake_columns.merged(self._known[stream], wanted) == self._known[stream]:
            return
        for _ in range(_TRIES):
            number = self._read(stream)
            now = self._known[stream]
            both = cast("Struct", lake_columns.merged(now, wanted))
            if both == now or (is_frozen and number):
                return
            if self._log(stream).append(_name(number + 1), orjson.dumps(lake_columns.as_json(both))):
                self._known[stream] = both
                return
        raise StoreUnavailableError(reason=f"the columns of {stream} change all the time")

    def _read(self, stream: str) -> int:
        """Know the newest columns; their number, 0 where there are none."""
        found = self._log(stream).newest()
        kept = lake_columns.from_json(orjson.loads(found[1])) if found else Struct()
        assert isinstance(kept, Struct)  # noqa: S101  # what `evolve` wrote
        self._known[stream] = kept
        return int(found[0]) if found else 0

    def _log(self, stream: str) -> FencedLog:
        return FencedLog(self._blobs, schemas_folder(stream))


def _name(number: int) -> str:
    return f"{number:06d}"
