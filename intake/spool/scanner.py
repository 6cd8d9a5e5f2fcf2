"""Reads a segment's bytes frame by frame, and finds the next sound one behind damage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from intake.spool import frames

Reason = Literal["torn", "damaged"]


@dataclass(frozen=True, slots=True)
class Frame:
    """A sound frame from `start` up to `end`."""

    start: int
    end: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that hold no sound frame: torn at the segment's end (written in part), or damaged."""

    start: int
    end: int
    reason: Reason


def scan(data: bytes, marker: bytes, *, start: int = 0, is_whole: bool = True) -> Iterator[Frame | Damage]:
    """What `data` holds from `start` on, in order and without gaps.

    Unless `is_whole`, more bytes follow: the scan stops before what they may complete.
    """
    while start < len(data):
        found = _at(data, marker, start, is_whole=is_whole)
        if found is None:
            return
        yield found
        start = found.end


def _at(data: bytes, marker: bytes, start: int, *, is_whole: bool) -> Frame | Damage | None:
    # A frame where one is due needs no marker: that alone may have been damaged.
    if (body := frames.body_at(data, start)) is not None:
        return Frame(start, start + frames.HEAD_BYTES + len(body), body)
    if not is_whole and _may_go_on(data, start):
        return None
    following = data.find(marker, start + 1)
    if following >= 0:
        return Damage(start, following, "damaged")
    if not is_whole:
        return None
    is_torn = _may_go_on(data, start) and marker.startswith(data[start : start + frames.MARKER_BYTES])
    return Damage(start, len(data), "torn" if is_torn else "damaged")


def _may_go_on(data: bytes, start: int) -> bool:
    """Whether the frame that seems to begin at `start` would end behind the data."""
    if len(data) - start < frames.HEAD_BYTES:
        return True
    length = frames.length_at(data, start)
    return length is not None and start + frames.HEAD_BYTES + length > len(data)
