"""Masks at personal data of events, by their schemas and the usual names; pure, for processes without Django too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from eventplatform.core.pii_names import mask_text
from eventplatform.core.privacy import Mask

_RAW = "raw_event"  # of an error event: the refused one, as text

FindMask = Callable[[str], Mask | None]
_BY_NAMES = Mask()


def masked_content(content: Any, find_mask: FindMask) -> Any:
    """A copy of an event, or of text that is none, with masks; `find_mask` answers the one of a `$schema`."""
    if isinstance(content, str):
        return mask_text(content)
    schema_id = content.get("$schema") if isinstance(content, dict) else None
    mask = find_mask(schema_id) if isinstance(schema_id, str) else None
    done = (mask or _BY_NAMES)(content)
    if isinstance(done, dict) and isinstance(done.get(_RAW), str):
        done[_RAW] = _masked_raw(done[_RAW], find_mask)
    return done


def _masked_raw(text: str, find_mask: FindMask) -> str:
    try:
        event = orjson.loads(text)
    except ValueError:
        return mask_text(text)
    done = masked_content(event, find_mask) if isinstance(event, dict | list) else mask_text(text)
    return done if isinstance(done, str) else orjson.dumps(done).decode()
