"""The time that an id tells, where it was made in the order of time: UUIDs of version 1, 6 and 7, and ULIDs; pure."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GREGORIAN_MS = 12_219_292_800_000  # from October 1582, where such UUIDs begin to count, to 1970
_TICKS_PER_MS = 10_000
_EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)  # what tells another time was not made of time
_AHEAD = timedelta(days=1)  # of a client whose clock is wrong
_CROCKFORD = {letter: value for value, letter in enumerate("0123456789ABCDEFGHJKMNPQRSTVWXYZ")}
_ULID_LENGTH, _ULID_TIME = 26, 10
_UUID_LENGTHS = frozenset({32, 36})


def moment_of(text: str, *, now: datetime) -> datetime | None:
    """When the id was made; None where it doesn't say, or says what can't be."""
    milliseconds = _of_uuid(text) if len(text) in _UUID_LENGTHS else _of_ulid(text)
    if milliseconds is None:
        return None
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment if _EARLIEST <= moment <= now + _AHEAD else None


def is_uuid(text: str) -> bool:
    """Whether it is written as a UUID."""
    return _uuid(text) is not None


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if len(text) in _UUID_LENGTHS else None
    except ValueError:
        return None


def _of_uuid(text: str) -> int | None:
    found = _uuid(text)
    if found is None or found.variant != uuid.RFC_4122:
        return None
    version, number = found.version, found.int
    if version == 7:  # noqa: PLR2004  # RFC 9562: 48 bits of milliseconds
        return number >> 80
    if version == 6:  # noqa: PLR2004  # likewise: version 1 with its time in order
        return ((number >> 80 << 12) | (number >> 64 & 0xFFF)) // _TICKS_PER_MS - _GREGORIAN_MS
    return found.time // _TICKS_PER_MS - _GREGORIAN_MS if version == 1 else None


def _of_ulid(text: str) -> int | None:
    upper = text.upper()
    if len(upper) != _ULID_LENGTH or upper[0] > "7" or not all(letter in _CROCKFORD for letter in upper):
        return None
    milliseconds = 0
    for letter in upper[:_ULID_TIME]:
        milliseconds = milliseconds * 32 + _CROCKFORD[letter]
    return milliseconds if milliseconds < 2**47 else None  # what a datetime can hold
