"""Answers as they are sent: made once per state of the configuration, kept packed, bounded in bytes."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import orjson

from streamconfig.api.errors import ApiBusyError

MAX_BYTES = 64 * 1024 * 1024
_LEVEL = 6  # 10 % smaller than 1 for twice the CPU, spent once per publish
_WAIT_SECONDS = 5.0  # for an answer that another request is making


@dataclass(frozen=True, slots=True)
class Packed:
    """The bytes of an answer, plain and packed."""

    plain: bytes
    gzipped: bytes

    @classmethod
    def of(cls, document: Any) -> Packed:
        """A JSON document as bytes."""
        plain = orjson.dumps(document, default=dict)  # frozen mappings are dicts to a reader
        return cls(plain, gzip.compress(plain, _LEVEL, mtime=0))

    @property
    def size(self) -> int:
        """What it takes to keep it."""
        return len(self.plain) + len(self.gzipped)


class Kept:
    """Answers of the newest state, the least asked for thrown out first.

    `make` runs in one thread at a time, so that a publish doesn't make eight threads pack the same answer.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._state = ""
        self._bytes = 0
        self._answers: OrderedDict[Hashable, Packed] = OrderedDict()
        self._lock = threading.Lock()
        self._making = threading.Lock()

    def get(self, state: str, question: Hashable) -> Packed | None:
        """The answer to a question in a state, if it was given already."""
        with self._lock:
            found = self._answers.get(question) if state == self._state else None
            if found is not None:
                self._answers.move_to_end(question)
            return found

    def get_or_make(self, state: str, question: Hashable, make: Callable[[], Any]) -> Packed:
        """The answer, made where nobody asked before.

        Raises:
            ApiBusyError: others are being made for too long.
        """
        found = self.get(state, question)
        if found is not None:
            return found
        if not self._making.acquire(timeout=_WAIT_SECONDS):
            raise ApiBusyError
        try:
            found = self.get(state, question)  # another thread may have made it while this one waited
            if found is None:
                found = Packed.of(make())
                self._keep(state, question, found)
            return found
        finally:
            self._making.release()

    def _keep(self, state: str, question: Hashable, answer: Packed) -> None:
        with self._lock:
            if state != self._state:
                self._answers.clear()
                self._state, self._bytes = state, 0
            if answer.size > self._max_bytes:
                return
            self._answers[question] = answer
            self._bytes += answer.size
            while self._bytes > self._max_bytes:
                _, gone = self._answers.popitem(last=False)
                self._bytes -= gone.size


def digest(question: Hashable) -> str:
    """A short name of a question, for ETags."""
    return hashlib.blake2b(repr(question).encode("utf-8", "replace"), digest_size=6).hexdigest()
