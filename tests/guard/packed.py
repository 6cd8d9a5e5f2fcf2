"""Makes compressed bodies, honest and hostile ones."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping
from functools import cache, partial

import brotli  # type: ignore[import-untyped]  # ships no types
from backports import zstd

ENCODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": partial(gzip.compress, mtime=0),  # names of tests are made of it, and stay the same
    "x-gzip": partial(gzip.compress, mtime=0),
    "deflate": zlib.compress,
    "deflate, bare": lambda data: zlib.compress(data, wbits=-zlib.MAX_WBITS),
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def pack(name: str, data: bytes) -> bytes:
    return ENCODERS[name](data)


def encoding(name: str) -> str:
    """The Content-Encoding of what `pack` makes."""
    return name.partition(",")[0]


@cache
def ten_gigabytes() -> bytes:
    """Ten megabytes of gzip that hold ten gigabytes."""
    return gzip.compress(bytes(100_000_000)) * 103


@cache
def a_gigabyte_in_42_kilobytes() -> bytes:
    return zstd.compress(bytes(1_400_000_000 // 7)) * 7


# A frame of zstd whose header asks for a window of 2^31 bytes, with one empty block.
WIDE_WINDOW = bytes.fromhex("28b52ffd00a8010000")
