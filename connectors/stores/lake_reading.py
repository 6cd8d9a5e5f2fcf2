"""Reads an hour of a lake so that each event is there once, also while its files are being merged."""

from __future__ import annotations

from datetime import datetime

from connectors.sinks.base import StoreUnavailableError
from connectors.stores.lake_blobs import BlobStore
from connectors.stores.lake_hours import Books
from connectors.stores.lake_paths import hour_folder, is_data

_TRIES = 20  # each only where files were merged or expired right between two looks


def read_hour(blobs: BlobStore, stream: str, hour: datetime) -> dict[str, bytes]:
    """The data files of the hour by key, as of one moment.

    Raises:
        StoreUnavailableError: the hour changes faster than it can be read.
    """
    for _ in range(_TRIES):
        before = Books(blobs).newest(stream)
        keys = _keys(blobs, stream, hour)
        contents = {key: blobs.read(key) for key in keys}
        found = {key: content for key, content in contents.items() if content is not None}
        if len(found) == len(keys) and Books(blobs).newest(stream) == before:
            return found
    raise StoreUnavailableError(reason=f"hour {hour:%Y-%m-%dT%H} of {stream} changes all the time")


def _keys(blobs: BlobStore, stream: str, hour: datetime) -> list[str]:
    """What lies in the hour's folder, but for a merge that is decided and not yet done: its result in place of its inputs."""
    folder = hour_folder(stream, hour)
    keys = {f"{folder}/{one.name}" for one in blobs.files(folder) if is_data(one.name)}
    _, book = Books(blobs).newest(stream)
    for merge in (merge for closed in book.closing if closed.hour == hour for merge in closed.merges):
        keys -= set(merge.inputs)
        keys.add(merge.final if blobs.exists(merge.final) else merge.temporary)
    return sorted(keys)
