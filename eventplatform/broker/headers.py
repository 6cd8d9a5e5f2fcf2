"""Record headers as text for a table: JSON pairs whose values are bytes read as Latin-1, so that any byte survives."""

from __future__ import annotations

import orjson

from eventplatform.core.records import Headers


def dump(headers: Headers) -> bytes | None:
    """The headers as JSON in UTF-8; None where there are none."""
    if not headers:
        return None
    return orjson.dumps([(name, value.decode("latin-1")) for name, value in headers])


def load(text: str | None) -> Headers:
    """What `dump` wrote."""
    if text is None:
        return ()
    return tuple((name, value.encode("latin-1")) for name, value in orjson.loads(text))
