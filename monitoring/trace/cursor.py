"""How far a search is, as text for an address: the window, each partition's reach, and where something was found; pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from eventplatform.core.errors import RejectedError
from eventplatform.core.records import TopicPartition
from monitoring.trace.asking import Window
from monitoring.trace.spans import Reach

_MOST_BYTES = 256 * 1024  # unpacked: what nobody's search reaches
_LARGEST = 2**53
_MOST_PARTITIONS = 20_000


class CursorError(RejectedError):
    """The place to go on from is none of ours, or of partitions that are others now."""

    code = "trace.cursor_invalid"
    message = "The search can't go on from there: the place is not one of ours, or the topics have changed since."
    remedy = "Search from the start again."


@dataclass(frozen=True, slots=True)
class Cursor:
    """`reaches` and `found` (an offset) go by a partition's number in the list of partitions whose `digest` is kept."""

    window: Window
    digest: str
    reaches: Mapping[int, Reach] = field(default_factory=dict)
    found: Sequence[tuple[int, int]] = ()
    records: int = 0
    seconds: float = 0.0


def digest_of(partitions: Sequence[TopicPartition]) -> str:
    """What tells one list of partitions from another."""
    text = "\n".join(f"{where.topic}/{where.partition}" for where in partitions)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def write(cursor: Cursor) -> str:
    """The cursor as letters, digits, hyphens and underscores."""
    window = cursor.window
    told = {
        "w": [window.begin_ms, window.anchor_ms - window.begin_ms, window.end_ms - window.anchor_ms],
        "d": cursor.digest,
        "e": _ranges(number for number, one in sorted(cursor.reaches.items()) if one.is_done),
        "r": [
            [number, one.anchor, one.after, one.before, int(one.is_after_done)]
            for number, one in sorted(cursor.reaches.items())
            if not one.is_done
        ],
        "f": [list(one) for one in cursor.found],
        "n": cursor.records,
        "s": round(cursor.seconds, 2),
    }
    return base64.urlsafe_b64encode(zlib.compress(orjson.dumps(told), 9)).decode().rstrip("=")


def read(text: str) -> Cursor:
    """What `write` wrote.

    Raises:
        CursorError: it is something else.
    """
    try:
        return _cursor(orjson.loads(_unpacked(text)))
    except (ValueError, TypeError, KeyError, binascii.Error, zlib.error):
        raise CursorError from None


def _unpacked(text: str) -> bytes:
    packed = base64.urlsafe_b64decode(text.encode("ascii", "strict") + b"=" * (-len(text) % 4))
    unpacking = zlib.decompressobj()
    found = unpacking.decompress(packed, _MOST_BYTES)
    if not unpacking.eof:
        message = "too long, or cut"
        raise ValueError(message)
    return found


def _cursor(told: Any) -> Cursor:
    begin, to_anchor, to_end = (_whole(one) for one in told["w"])
    reaches = {number: Reach(is_done=True) for number in _numbers(told["e"])}
    for number, anchor, after, before, done in told["r"]:
        reaches[_whole(number)] = Reach(_whole(after), _whole(before), done == 1, _whole(anchor))
    found = tuple((_whole(number), _whole(offset)) for number, offset in told["f"])
    window = Window(begin, begin + to_anchor, begin + to_anchor + to_end)
    return Cursor(window, str(told["d"]), reaches, found, _whole(told["n"]), float(told["s"]))


def _ranges(numbers: Iterable[int]) -> list[list[int]]:
    """Numbers in order as pairs of the first and the last of each run."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return runs


def _numbers(runs: Any) -> Iterator[int]:
    for first, last in runs:
        if _whole(last) >= _MOST_PARTITIONS:
            message = "too many partitions"
            raise ValueError(message)
        yield from range(_whole(first), last + 1)


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value < _LARGEST:
        message = "no whole number"
        raise ValueError(message)
    return value
