"""Collects a body chunk by chunk within a limit; the rest of a refused one is counted and thrown away."""

from __future__ import annotations

from eventplatform.core.errors import PlatformError
from eventplatform.guard.errors import BodyBrokenError, BodyTooLargeError, BodyTruncatedError


class BodyReader:
    """Takes chunks as they arrive. Memory stays below the limit plus one chunk, whatever the client sends.

    A refusal is kept until the end, so that its answer can be read on the same connection: the door goes on feeding
    while `wants_more`. Nobody's second body's worth is read for politeness' sake; then the connection is closed.
    """

    __slots__ = ("_announced", "_chunks", "_limit", "_refusal", "size", "wants_more")

    def __init__(self, limit: int, *, announced: int | None = None, refusal: PlatformError | None = None) -> None:
        self._limit = limit
        self._announced = announced
        self._refusal = refusal
        self._chunks: list[bytes] = []
        self.size = 0  # as it came over the wire
        self.wants_more = True
        if announced is not None and announced > limit:
            self._refuse()
            self.wants_more = announced <= 2 * limit

    @property
    def room(self) -> int:
        """How many bytes it takes at most before it wants no more: what a blocking read may ask for."""
        return 2 * self._limit + 1 - self.size

    @property
    def kept(self) -> int:
        """How many bytes it holds."""
        return 0 if self._refusal is not None else self.size

    def refuse(self, error: PlatformError) -> None:
        """Keep nothing of it and read no more, for a reason that is none of its own."""
        self._refuse_for(error)
        self.wants_more = False

    @property
    def is_behind(self) -> bool:
        """True where `work` should be called before more is fed: only a body that has to be decoded ever is."""
        return False

    def work(self) -> None:
        """Do a step of what was put off."""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.size += len(chunk)
        if self.size > self._limit:
            self._refuse()
            self.wants_more = self.size <= 2 * self._limit
        elif self._refusal is None:
            self._chunks.append(chunk)

    def break_off(self) -> None:
        """Nothing more will come, though more was to: a body that announced its length is short, any other is no body."""
        self.wants_more = False
        if self._announced is None:
            self._refusal = self._refusal or BodyBrokenError(size=self.size)

    def finish(self) -> bytes:
        """The whole body.

        Raises:
            RejectedError: what was found on the way, or that the body ended before the announced length.
        """
        if self._refusal is not None:
            raise self._refusal
        if self._announced is not None and self.size < self._announced:
            raise BodyTruncatedError(size=self.size, announced=self._announced)
        return self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)

    def _refuse(self) -> None:
        self._refuse_for(BodyTooLargeError(limit=self._limit))

    def _refuse_for(self, error: PlatformError) -> None:
        self._refusal = self._refusal or error
        self._chunks.clear()
