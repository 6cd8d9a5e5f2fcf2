"""Bytes of a stream of server-sent events as blocks: name, id, data; whole blocks only, however they were cut on the way."""

from __future__ import annotations

from dataclasses import dataclass

_MOST_BYTES = 16 * 1024 * 1024  # of one block: far more than an event may have


class BlockTooLongError(Exception):
    """What comes is no stream of events."""


@dataclass(slots=True)
class Block:
    """What stands between two empty lines. `name` is empty where nothing but a comment or an id came."""

    name: bytes = b""
    id: bytes = b""
    data: bytes = b""
    retry: bytes = b""


class Blocks:
    """The reader of one connection."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[Block]:
        """The blocks that are whole now."""
        *whole, self._rest = (self._rest + chunk).split(b"\n\n")
        if len(self._rest) > _MOST_BYTES:
            raise BlockTooLongError
        return [_block(one) for one in whole]


def _block(text: bytes) -> Block:
    found = Block()
    data = []
    for line in text.split(b"\n"):
        name, _, value = line.partition(b": ")
        if name == b"data":
            data.append(value)
        elif name == b"id":
            found.id = value
        elif name == b"event":
            found.name = value
        elif name == b"retry":
            found.retry = value
    found.data = data[0] if len(data) == 1 else b"\n".join(data)
    if data and not found.name:
        found.name = b"message"
    return found
