"""Masks at personal data of events, by their schemas and the usual names; pure, for processes without Django too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from eventplatform.core.pii_names import mask_text
from eventplatform.core.privacy import masked

_RAW = "raw_event"  # of an error event: the refused one, as text

FindDocument = Callable[[str], Mapping[str, Any] | None]


def masked_content(content: Any, find_document: FindDocument) -> Any:
    """A copy of an event, or of text that is none, with masks; `find_document` answers the schema of a `$schema`."""
    if isinstance(content, str):
        return mask_text(content)
    schema_id = content.get("$schema") if isinstance(content, dict) else None
    done = masked(content, find_document(schema_id) if isinstance(schema_id, str) else None)
    if isinstance(done, dict) and isinstance(done.get(_RAW), str):
        done[_RAW] = _masked_raw(done[_RAW], find_document)
    return done


def _masked_raw(text: str, find_document: FindDocument) -> str:
    try:
        event = orjson.loads(text)
    except ValueError:
        return mask_text(text)
    done = masked_content(event, find_document) if isinstance(event, dict | list) else mask_text(text)
    return done if isinstance(done, str) else orjson.dumps(done).decode()
