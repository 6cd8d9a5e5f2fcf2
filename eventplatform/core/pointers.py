"""JSON pointers (RFC 6901) to places in what clients send, cut short, since a client chooses how long its names are."""

from __future__ import annotations

from collections.abc import Iterable

MAX_POINTER = 512  # characters
_CUT = "…"  # ends a pointer that was cut


def pointer_of(way: Iterable[str | int]) -> str:
    """The pointer of the place that these names and indexes lead to."""
    pointer = "".join(f"/{escape(str(part)[: MAX_POINTER + 1])}" for part in way)
    if len(pointer) <= MAX_POINTER:
        return pointer
    return pointer[: MAX_POINTER - len(_CUT)].removesuffix("~") + _CUT  # an escape that is cut in two stands for nothing


def escape(name: str) -> str:
    """A name as one part of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def unescape(part: str) -> str:
    """The name that a part of a JSON pointer stands for."""
    return part.replace("~1", "/").replace("~0", "~")
