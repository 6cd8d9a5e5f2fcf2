"""What pages work out of published versions, kept for a while: a version never changes, so it never gets stale."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from registry.compatibility import Comparison, ComparisonTooLargeError, compare
from registry.models import SchemaVersion
from registry.schema import fields
from registry.schema.packing import unpack


def document_of(version: SchemaVersion) -> dict[str, Any]:
    """The self-contained schema; shared, so not to be changed."""
    return document(bytes(version.document_packed))


def fields_of(version: SchemaVersion) -> tuple[fields.Field, ...]:
    """The rows of its field table."""
    return _fields(bytes(version.document_packed))


@lru_cache(maxsize=32)
def document(packed: bytes) -> dict[str, Any]:
    """What a version's packed document says; shared, so not to be changed."""
    found: dict[str, Any] = json.loads(unpack(packed))
    return found


@lru_cache(maxsize=256)
def _fields(packed: bytes) -> tuple[fields.Field, ...]:
    return fields.fields_of(json.loads(unpack(packed)))


def comparison(old: SchemaVersion, new: SchemaVersion) -> Comparison | None:
    """What changed between two versions, without a second opinion; None where they are too large to be compared."""
    return _comparison(bytes(old.document_packed), bytes(new.document_packed))


@lru_cache(maxsize=1024)
def _comparison(old: bytes, new: bytes) -> Comparison | None:
    try:
        return compare(json.loads(unpack(old)), json.loads(unpack(new)), with_opinion=False)
    except ComparisonTooLargeError:
        return None
