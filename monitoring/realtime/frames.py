"""How the engine's process is spoken to: length and bytes; records packed with their place and time; pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_LENGTH = struct.Struct("<I")
_HEAD = struct.Struct("<HiqqI")


class EndedError(Exception):
    """The other side is gone."""


class Packed(NamedTuple):
    """A record on its way: its stream and topic by number."""

    place: int  # of the pair of stream and topic, in the list that went before
    partition: int
    offset: int
    timestamp_ms: int
    value: bytes


def read(source: BinaryIO) -> bytes:
    """The next frame.

    Raises:
        EndedError: there is none.
    """
    (length,) = _LENGTH.unpack(_exactly(source, _LENGTH.size))
    return _exactly(source, length)


def framed(content: bytes) -> bytes:
    """`content` as a frame."""
    return _LENGTH.pack(len(content)) + content


def pack(record: Packed) -> bytes:
    """A record as bytes."""
    head = _HEAD.pack(record.place, record.partition, record.offset, record.timestamp_ms, len(record.value))
    return head + record.value


def unpacked(packed: bytes) -> Iterator[Packed]:
    """The records of a frame."""
    at = 0
    while at < len(packed):
        place, partition, offset, timestamp_ms, length = _HEAD.unpack_from(packed, at)
        at += _HEAD.size
        yield Packed(place, partition, offset, timestamp_ms, packed[at : at + length])
        at += length


def _exactly(source: BinaryIO, length: int) -> bytes:
    found = source.read(length)
    if len(found) < length:
        raise EndedError
    return found
