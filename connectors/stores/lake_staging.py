"""Writes the files of one flush where no reader looks yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any

from connectors.sinks.base import StoreUnavailableError, WriteBatch
from connectors.stores.lake_blobs import BlobStore
from connectors.stores.lake_formats import Format
from connectors.stores.lake_manifests import DataFile
from connectors.stores.lake_paths import hour_folder
from connectors.stores.lake_times import hour_of

_AT_ONCE = 4  # files that are written side by side: HDFS takes half a second to close even a small one

Hours = Mapping[str, Sequence[Any]]  # the folder of each hour, and its rows


def by_hour(batch: WriteBatch, shaped: Sequence[Any], time_path: tuple[str, ...]) -> Hours:
    """The batch's rows, as they were shaped, by the folder of their hour."""
    found: dict[datetime, list[Any]] = {}
    for row, one in zip(batch.rows, shaped, strict=True):
        hour = hour_of(row, time_path)
        if hour in found:
            found[hour].append(one)
        else:
            found[hour] = [one]
    return {hour_folder(batch.stream, hour): rows for hour, rows in found.items()}


def stage(blobs: BlobStore, form: Format, hours: Hours, stem: str, staging: str) -> tuple[DataFile, ...]:
    """A file for each hour, durable below `staging`; where that fails, what was written is taken away again."""
    files = [
        DataFile(f"{staging}/{number}", f"{folder}/{stem}{form.ending}", len(rows))
        for number, (folder, rows) in enumerate(hours.items())
    ]
    try:
        with ThreadPoolExecutor(max(1, min(_AT_ONCE, len(files)))) as pool:
            list(pool.map(lambda file, rows: blobs.write(file.temporary, form.encoded(rows)), files, hours.values()))
    except Exception:
        with suppress(StoreUnavailableError):  # on a full disk each try would leave its part
            blobs.delete_folder(staging)
        raise
    return tuple(files)
