"""A spooled record as bytes, framed so that damage is noticed and stays where it is.

A frame is the segment's marker (8 bytes), the body's length and CRC32C (4 each), and the body, all little-endian. The marker
is random for each segment and stands in its file name: nobody who posts events can write what looks like a frame.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import crc32c

from eventplatform.core.records import Headers, NewRecord

MARKER_BYTES = 8
MAX_BODY_BYTES = 16 * 1024 * 1024

_HEAD = struct.Struct("<II")
# spooled at and timestamp in ms, partition, bytes of the topic, number of headers, bytes of key and of value
_BODY = struct.Struct("<qqiHHii")
_HEADER = struct.Struct("<HI")
_NO_TIMESTAMP = -(2**63)
_ABSENT = -1

HEAD_BYTES = MARKER_BYTES + _HEAD.size


class BodyUnreadableError(ValueError):
    """A body whose checksum holds but whose parts don't fit: nobody but a fault of ours writes one."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """A record of the spool, and when it came there."""

    record: NewRecord
    spooled_ms: int


def pack(record: NewRecord, spooled_ms: int) -> bytes:
    """A frame without its marker: whoever writes it knows the segment's."""
    topic = record.topic.encode()
    head = _BODY.pack(
        spooled_ms,
        _NO_TIMESTAMP if record.timestamp_ms is None else record.timestamp_ms,
        _ABSENT if record.partition is None else record.partition,
        len(topic),
        len(record.headers),
        _ABSENT if record.key is None else len(record.key),
        _ABSENT if record.value is None else len(record.value),
    )
    body = b"".join((head, topic, record.key or b"", record.value or b"", _pack_headers(record.headers)))
    return _HEAD.pack(len(body), crc32c.crc32c(body, len(body))) + body


def body_at(data: bytes, start: int) -> bytes | None:
    """The body of the frame that begins at `start`; None where there is none that is whole and sound."""
    length = length_at(data, start)
    if length is None:
        return None
    begin = start + HEAD_BYTES
    body = data[begin : begin + length]
    (_, checksum) = _HEAD.unpack_from(data, start + MARKER_BYTES)
    # The checksum begins with the length: zeros are no frame, and a length that changed is no accident of its neighbours.
    return body if len(body) == length and crc32c.crc32c(body, length) == checksum else None


def length_at(data: bytes, start: int) -> int | None:
    """The body's length as the frame at `start` has it; None where that can't be one."""
    if len(data) - start < HEAD_BYTES:
        return None
    length: int = _HEAD.unpack_from(data, start + MARKER_BYTES)[0]
    return length if _BODY.size <= length <= MAX_BODY_BYTES else None


def unpack(body: bytes) -> Spooled:
    """The record of a body.

    Raises:
        BodyUnreadableError: its parts don't fit.
    """
    try:
        return _unpack(body)
    except (struct.error, UnicodeDecodeError) as error:
        raise BodyUnreadableError(str(error)) from error


def _unpack(body: bytes) -> Spooled:
    spooled_ms, timestamp, partition, topic_bytes, headers, key_bytes, value_bytes = _BODY.unpack_from(body)
    key_at = _BODY.size + topic_bytes
    value_at = key_at + max(key_bytes, 0)
    headers_at = value_at + max(value_bytes, 0)
    record = NewRecord(
        topic=body[_BODY.size : key_at].decode(),
        key=None if key_bytes == _ABSENT else body[key_at:value_at],
        value=None if value_bytes == _ABSENT else body[value_at:headers_at],
        headers=_unpack_headers(body, headers_at, headers),
        timestamp_ms=None if timestamp == _NO_TIMESTAMP else timestamp,
        partition=None if partition == _ABSENT else partition,
    )
    return Spooled(record, spooled_ms)


def _pack_headers(headers: Headers) -> bytes:
    parts = []
    for name, value in headers:
        text = name.encode()
        parts += [_HEADER.pack(len(text), len(value)), text, value]
    return b"".join(parts)


def _unpack_headers(body: bytes, start: int, count: int) -> Headers:
    found = []
    for _ in range(count):
        name_bytes, value_bytes = _HEADER.unpack_from(body, start)
        name_at = start + _HEADER.size
        value_at = name_at + name_bytes
        start = value_at + value_bytes
        found.append((body[name_at:value_at].decode(), body[value_at:start]))
    if start != len(body):
        raise BodyUnreadableError(f"{len(body) - start} bytes too many")
    return tuple(found)
