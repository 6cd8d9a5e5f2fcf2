"""Flags in the folders of complete hours: `_SUCCESS` once, and `_revision-00001.json` and so on for each time it was said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from connectors.stores.lake_blobs import BlobStore
from connectors.stores.lake_hours import Closed
from connectors.stores.lake_paths import hour_folder

_SUCCESS = "_SUCCESS"
_REVISION = "_revision-"


def raise_flag(blobs: BlobStore, stream: str, closed: Closed) -> None:
    """Say that the hour is complete. No flag is ever written over, so a tick that slept can't take anything back."""
    folder = hour_folder(stream, closed.hour)
    blobs.create_if_absent(f"{folder}/{_REVISION}{closed.revision:05d}.json", closed.flag())
    blobs.create_if_absent(f"{folder}/{_SUCCESS}", b"")


def newest_flag(blobs: BlobStore, stream: str, hour: datetime) -> dict[str, Any] | None:
    """What the newest flag of an hour says; None where it has none."""
    folder = hour_folder(stream, hour)
    names = [one.name for one in blobs.files(folder) if one.name.startswith(_REVISION)]
    content = blobs.read(f"{folder}/{max(names)}") if names else None
    found: dict[str, Any] | None = orjson.loads(content) if content else None
    return found
