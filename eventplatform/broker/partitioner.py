"""Which partition a key belongs to: murmur2 as Kafka's Java client computes it, so that all clients agree."""

from __future__ import annotations

import secrets
import struct
from functools import lru_cache

from eventplatform.core.records import NewRecord

_SEED = 0x9747B28C
_MULTIPLIER = 0x5BD1E995
_MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """The 32-bit murmur2 of `data`, unsigned (org.apache.kafka.common.utils.Utils.murmur2)."""
    length = len(data)
    state = (_SEED ^ length) & _MASK
    whole = length & ~3
    for (word,) in struct.iter_unpack("<I", data[:whole]):
        mixed = (word * _MULTIPLIER) & _MASK
        mixed = ((mixed ^ (mixed >> 24)) * _MULTIPLIER) & _MASK
        state = ((state * _MULTIPLIER) & _MASK) ^ mixed
    if rest := data[whole:]:
        state = ((state ^ int.from_bytes(rest, "little")) * _MULTIPLIER) & _MASK
    state = ((state ^ (state >> 13)) * _MULTIPLIER) & _MASK
    return state ^ (state >> 15)


@lru_cache(maxsize=8192)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition of `key` among so many; the sign bit is cleared, as `Utils.toPositive` does."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def choose(record: NewRecord, partitions: int) -> int | None:
    """Where `record` goes: as it says, else by its key, else anywhere; None where it names a partition that isn't."""
    if record.partition is not None:
        return record.partition if 0 <= record.partition < partitions else None
    if record.key is not None:
        return partition_of(record.key, partitions)
    return secrets.randbelow(partitions) if partitions > 1 else 0
