"""Undoes a Content-Encoding in small pieces: what comes out of one step is bounded, however well the bytes were packed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from eventplatform.guard.errors import BodyUndecodableError, ContentEncodingError

PIECE_BYTES = 8 * 1024  # of output of one step; brotli rounds it up to 32 KiB
MAX_WINDOW_BITS = 23  # 8 MiB, what RFC 9659 lets a zstd encoder use on the web
MAX_MEMBERS = 1000  # of one body; each costs an allocation, though it may hold nothing
_SLICE_BYTES = 8 * 1024  # of input: zlib copies what it could not use yet


class Stream(Protocol):
    """One packed stream."""

    @property
    def is_finished(self) -> bool:
        """True once its end was read; `leftover` is what follows."""
        ...

    @property
    def is_hungry(self) -> bool:
        """True where nothing more comes out without more going in."""
        ...

    @property
    def leftover(self) -> bytes:
        """What was fed beyond the end."""
        ...

    def pull(self, data: bytes) -> bytes:
        """Take `data` in, which is empty while the stream isn't hungry, and give the next piece out."""
        ...


class Decoder:
    """Decodes one body. `may_repeat`: RFC 1952 and RFC 8878 allow several members one after the other."""

    def __init__(self, encoding: str, begin: Callable[[bytes], Stream], *, may_repeat: bool) -> None:
        self._encoding = encoding
        self._begin = begin
        self._may_repeat = may_repeat
        self._stream: Stream | None = None
        self._members = 0

    def decode(self, data: bytes) -> Iterator[bytes]:
        """What the next bytes hold, piece by piece; nothing is decoded beyond the piece that was asked for.

        Raises:
            BodyUndecodableError: they are damaged, or follow the end.
        """
        for start in range(0, len(data), _SLICE_BYTES):
            rest = data[start : start + _SLICE_BYTES]
            while rest:
                stream = self._current(rest)
                yield self._pulled(stream, rest)
                while not (stream.is_hungry or stream.is_finished):
                    yield self._pulled(stream, b"")
                rest = stream.leftover if stream.is_finished else b""

    def finish(self) -> None:
        """Nothing more will come.

        Raises:
            BodyUndecodableError: though the end wasn't reached.
        """
        if self._stream is None or not self._stream.is_finished:
            raise self._broken("it ends before its end was reached", cause="unexpected end of file")

    def _current(self, data: bytes) -> Stream:
        stream = self._stream
        if stream is None or stream.is_finished:
            if stream is not None and not self._may_repeat:
                raise self._broken("bytes follow its end")
            self._members += 1
            if self._members > MAX_MEMBERS:
                raise self._broken(f"it has more than {MAX_MEMBERS} members")
            stream = self._stream = self._begin(data)
        return stream

    def _pulled(self, stream: Stream, data: bytes) -> bytes:
        try:
            return stream.pull(data)
        except Exception as error:  # noqa: BLE001  # each library has its own, and some raise MemoryError for a bad header
            reason = "what follows its end is no further member" if self._members > 1 else _reason(error)
            raise self._broken(reason, cause=str(error).rpartition(": ")[2]) from None

    def _broken(self, reason: str, *, cause: str = "") -> BodyUndecodableError:
        """`cause` are the library's own words, where they are known: what EventGate would say."""
        return BodyUndecodableError(encoding=self._encoding, reason=reason, cause=cause)


def decoder_of(content_encoding: str) -> Decoder | None:
    """The decoder for a Content-Encoding; None where the body is as it is.

    Raises:
        ContentEncodingError: it names one that isn't read here, or several.
    """
    encoding = content_encoding.strip().lower()
    if encoding in {"", "identity"}:
        return None
    found = _ENCODINGS.get(encoding)
    if found is None:
        raise ContentEncodingError
    return found(encoding)


class _Zlib:
    def __init__(self, window_bits: int) -> None:
        self._inner = zlib.decompressobj(window_bits)
        self.is_hungry = True

    @property
    def is_finished(self) -> bool:
        return self._inner.eof

    @property
    def leftover(self) -> bytes:
        return self._inner.unused_data

    def pull(self, data: bytes) -> bytes:
        inner = self._inner
        piece = inner.decompress(inner.unconsumed_tail + data, PIECE_BYTES)
        # A full piece may leave output within zlib though all input is used.
        self.is_hungry = not inner.unconsumed_tail and len(piece) < PIECE_BYTES
        return piece


class _Brotli:
    leftover = b""  # it calls bytes behind the end an error by itself

    def __init__(self, _data: bytes) -> None:
        import brotli  # type: ignore[import-untyped]  # ships no types

        self._inner = brotli.Decompressor()
        self.is_hungry = True

    @property
    def is_finished(self) -> bool:
        return bool(self._inner.is_finished())

    def pull(self, data: bytes) -> bytes:
        piece: bytes = self._inner.process(data, output_buffer_limit=PIECE_BYTES)
        # That it takes more data doesn't mean that it has given out all it holds.
        self.is_hungry = not piece and self._inner.can_accept_more_data()
        return piece


class _Zstd:
    def __init__(self, _data: bytes) -> None:
        from backports import zstd

        self._inner = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: MAX_WINDOW_BITS})

    @property
    def is_hungry(self) -> bool:
        return self._inner.needs_input

    @property
    def is_finished(self) -> bool:
        return self._inner.eof

    @property
    def leftover(self) -> bytes:
        return self._inner.unused_data

    def pull(self, data: bytes) -> bytes:
        return self._inner.decompress(data, PIECE_BYTES)


def _deflate(data: bytes) -> Stream:
    """RFC 9110 means zlib's format; some clients send the bare stream, whose first byte never looks like zlib's."""
    is_zlib = data[0] & 0x0F == zlib.DEFLATED
    return _Zlib(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)


def _gzip(encoding: str) -> Decoder:
    return Decoder(encoding, lambda _data: _Zlib(16 + zlib.MAX_WBITS), may_repeat=True)


_ENCODINGS: Mapping[str, Callable[[str], Decoder]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": lambda encoding: Decoder(encoding, _deflate, may_repeat=False),
    "br": lambda encoding: Decoder(encoding, _Brotli, may_repeat=False),
    "zstd": lambda encoding: Decoder(encoding, _Zstd, may_repeat=True),
}


def _reason(error: Exception) -> str:
    return "it needs a window of more than 8 MiB" if "too much memory" in str(error) else "it is damaged"
