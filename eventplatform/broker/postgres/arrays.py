"""Arrays for `log_append` in Postgres' binary form: half the price of psycopg's, whose type depends on their content."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from psycopg import Connection
from psycopg.adapt import Dumper
from psycopg.pq import Format

_NULL = b"\xff\xff\xff\xff"
_LENGTH = struct.Struct(">i").pack
_HEAD = struct.Struct(">iiIii").pack  # dimensions, has nulls, type of the elements, their number, number of the first
_EMPTY = struct.Struct(">iiI").pack


class Array:
    """An array parameter, encoded; subclasses say of what."""

    element_oid = 0

    def __init__(self, count: int, body: bytes) -> None:
        head = _HEAD(1, 1, self.element_oid, count, 1) if count else _EMPTY(0, 0, self.element_oid)
        self.encoded = head + body


class Integers(Array):
    """integer[]."""

    element_oid = 23

    def __init__(self, items: Sequence[int]) -> None:
        super().__init__(len(items), struct.pack(">" + "ii" * len(items), *_with_size(4, items)))


class Bigints(Array):
    """bigint[]."""

    element_oid = 20

    def __init__(self, items: Sequence[int]) -> None:
        super().__init__(len(items), struct.pack(">" + "iq" * len(items), *_with_size(8, items)))


class Bytes(Array):
    """bytea[]."""

    element_oid = 17

    def __init__(self, items: Sequence[bytes | None]) -> None:
        super().__init__(len(items), b"".join(_with_length(items)))


class Texts(Bytes):
    """text[], its elements in UTF-8."""

    element_oid = 25


def register(connection: Connection) -> None:
    """Let the connection take our arrays as parameters."""
    for kind, array_oid in ((Integers, 1007), (Bigints, 1016), (Bytes, 1001), (Texts, 1009)):
        name = f"{kind.__name__}Dumper"
        connection.adapters.register_dumper(kind, type(name, (_ArrayDumper,), {"oid": array_oid}))


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array) -> bytes:
        return obj.encoded


def _with_size(size: int, items: Sequence[int]) -> Iterable[int]:
    flat = [size] * (2 * len(items))
    flat[1::2] = items
    return flat


def _with_length(items: Sequence[bytes | None]) -> list[bytes]:
    flat: list[bytes] = []
    for item in items:
        if item is None:
            flat.append(_NULL)
        else:
            flat += (_LENGTH(len(item)), item)
    return flat
