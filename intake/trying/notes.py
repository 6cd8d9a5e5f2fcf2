"""A note: one event as it was received, what became of it, and what was written; cleaned of personal data and bounded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from eventplatform.core.results import SUCCESSES

HEADER = "x-debug-id"
PARAMETER = "debug_id"
_DEBUG_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Note:
    """`result` is the event's entry of an answer of the profile `ours`; of a whole body that is refused, it names no index.

    `received` and `written` are texts, as far as they were kept; nothing is written of what was refused.
    """

    received_at: str
    service: str
    result: Mapping[str, Any]
    received: str
    written: str = ""
    schema_id: str = ""
    debug_id: str = ""
    request_id: str = ""
    is_canary: bool = False
    is_cut: bool = False
    skipped: int = 0  # that came before it and were too many to note

    @property
    def is_good(self) -> bool:
        """The event is kept, now or already before."""
        return self.result["result"] in SUCCESSES

    def packed(self) -> bytes:
        """As it is shared."""
        return orjson.dumps(self)

    @classmethod
    def unpacked(cls, text: bytes) -> Note:
        """What `packed` made."""
        return cls(**orjson.loads(text))

    def as_json(self) -> dict[str, Any]:
        """The note as a client's test reads it."""
        return {
            **self.result,
            "received_at": self.received_at,
            "schema": self.schema_id,
            "received": read(self.received),
            "written": read(self.written) if self.written else None,
            **({"is_cut": True} if self.is_cut else {}),
        }


def read(text: str) -> Any:
    """The event, or the text itself where it is no JSON, or no longer whole."""
    try:
        return orjson.loads(text)
    except ValueError:
        return text


def is_debug_id(text: str) -> bool:
    """Whether requests may be marked with it."""
    return _DEBUG_ID.fullmatch(text) is not None


def of_id(debug_id: str) -> str:
    """The subject under which notes of requests that carry this id are kept."""
    return f"id:{debug_id}"


def of_stream(stream: str) -> str:
    """The subject under which notes of a stream that is watched are kept."""
    return f"stream:{stream}"
