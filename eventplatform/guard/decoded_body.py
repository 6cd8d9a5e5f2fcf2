"""Collects a compressed body: it is decompressed while it comes, in small pieces, within the limit of one that isn't."""

from __future__ import annotations

from collections.abc import Iterator

from eventplatform.core.errors import PlatformError, RejectedError
from eventplatform.guard.body import BodyReader
from eventplatform.guard.decoding import Decoder
from eventplatform.guard.errors import DecodedTooLargeError

_STEP_BYTES = 1024 * 1024  # of output, some milliseconds of work


class DecodedBodyReader(BodyReader):
    """A body reader over a decoder. The limit holds twice: for the bytes of the wire, and for what they hold.

    One call of `feed` decodes a step at most, so that a small chunk of a large body can't hold up an event loop: a door that
    has one calls `work` while there `is_behind`, with others' turns between. `finish` does what is left.
    """

    __slots__ = ("_decoded_size", "_decoder", "_pieces", "_source")

    def __init__(self, limit: int, decoder: Decoder, *, announced: int | None = None) -> None:
        self._decoder = decoder
        self._source: Iterator[bytes] | None = None
        self._pieces: list[bytes] = []
        self._decoded_size = 0
        super().__init__(limit, announced=announced)  # last: it refuses at once what is announced too large

    @property
    def kept(self) -> int:
        """How many bytes it holds, decoded and not yet."""
        return super().kept and self.size + self._decoded_size

    @property
    def is_behind(self) -> bool:
        """True while bytes that came are not decoded yet."""
        return self._source is not None or bool(self._chunks)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes, and decode a step."""
        super().feed(chunk)
        self.work()

    def work(self) -> None:
        """Decode a step of what came."""
        ends = self._decoded_size + _STEP_BYTES
        try:
            while self.is_behind and self._decoded_size < ends:
                self._decode(ends)
        except RejectedError as error:
            self._refuse_for(error)

    def finish(self) -> bytes:
        """The whole body, decoded.

        Raises:
            RejectedError: as for any body, or that it can't be decoded or is too large then.
        """
        while self.is_behind:
            self.work()
        super().finish()
        if self.size:
            self._decoder.finish()
        return b"".join(self._pieces)

    def _decode(self, ends: int) -> None:
        source = self._source = self._source or self._decoder.decode(self._chunks.pop(0))
        for piece in source:
            self._decoded_size += len(piece)
            if self._decoded_size > self._limit:
                raise DecodedTooLargeError(limit=self._limit)
            self._pieces.append(piece)
            if self._decoded_size >= ends:
                return
        self._source = None

    def _refuse_for(self, error: PlatformError) -> None:
        super()._refuse_for(error)
        self._source = None
        self._pieces.clear()
