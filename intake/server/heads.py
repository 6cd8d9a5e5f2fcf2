"""Status lines and headers as bytes, each rendered once: answers repeat themselves."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from eventplatform.core.results import title_of

_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_MAX_KEPT = 4096
_MAX_REASON_BYTES = 512
_MAX_KEPT_VALUE_BYTES = 512  # longer ones are rare, and many of them would be much memory

CLOSE = b"connection: close\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"


class Meaning(Enum):
    """Headers that tell the server something, too."""

    LENGTH = 1
    CLOSE = 2
    IGNORED = 3  # the server's own business


class Line(NamedTuple):
    """A rendered header."""

    text: bytes
    meaning: Meaning | None


_status_lines: dict[tuple[int, bytes | str | None], bytes] = {}
_lines: dict[tuple[bytes, bytes], Line] = {}


def status_line(status: int, reason: bytes | str | None) -> bytes:
    """The first line of an answer. A given reason phrase loses what could end the line."""
    key = (status, reason)
    line = _status_lines.get(key)
    if line is None:
        if len(_status_lines) >= _MAX_KEPT:
            _status_lines.clear()
        line = _status_lines[key] = b"HTTP/1.1 %d %s\r\n" % (status, _phrase(status, reason))
    return line


def _phrase(status: int, reason: bytes | str | None) -> bytes:
    if reason is None:
        try:
            return title_of(status).encode()
        except ValueError:
            return b""
    raw = reason if isinstance(reason, bytes) else reason.encode("latin-1", "replace")
    return _CONTROLS.sub(b" ", raw)[:_MAX_REASON_BYTES]


def header_line(name: bytes, value: bytes) -> Line:
    """One header of an answer.

    Raises:
        ValueError: it could be read as two.
    """
    line = _lines.get((name, value))
    if line is None:
        line = Line(_render(name, value), _meaning(name.lower(), value))
        if len(value) <= _MAX_KEPT_VALUE_BYTES:
            if len(_lines) >= _MAX_KEPT:
                _lines.clear()
            _lines[name, value] = line
    return line


def _render(name: bytes, value: bytes) -> bytes:
    if not _NAME.fullmatch(name) or _CONTROLS.search(value):
        message = f"no header: {name!r}"
        raise ValueError(message)
    return b"%s: %s\r\n" % (name.lower(), value)


def _meaning(name: bytes, value: bytes) -> Meaning | None:
    if name == b"content-length":
        return Meaning.LENGTH
    if name == b"transfer-encoding":
        return Meaning.IGNORED
    if name == b"connection":
        tokens = {token.strip() for token in value.lower().split(b",")}
        return Meaning.CLOSE if b"close" in tokens else Meaning.IGNORED
    return None
