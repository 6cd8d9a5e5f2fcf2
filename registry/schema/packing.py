"""Documents as they are kept in the database and in memory: deflated JSON, a tenth of its size."""

from __future__ import annotations

import zlib


def pack(document_text: str) -> bytes:
    """A document's JSON, deflated."""
    return zlib.compress(document_text.encode(), 6)


def unpack(packed: bytes | memoryview) -> str:
    """The JSON behind what `pack` answered."""
    return zlib.decompress(packed).decode()
