"""Where notes hang for minutes: in the process, and in Redis, where all processes hang theirs."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import redis

from intake.trying.notes import Note

# Of one subject, and how many subjects. With 8 KiB kept of an event before and after, 64 MiB at the very most.
MOST_NOTES = 100
MOST_SUBJECTS = 40
KEPT_SECONDS = 600
WATCHED_SECONDS = 10  # a stream is watched for so long after somebody looked
TIMEOUT_SECONDS = 1.0
_PLACE = "eventplatform:trying"

Hung = tuple[str, Note]  # with its subject


class Board(Protocol):
    """Bounded in notes, subjects and age. Safe to share between threads."""

    def hang(self, notes: Sequence[Hung]) -> None:
        """Add notes, oldest first; the oldest of a subject, and the subject that was quiet longest, make room."""
        ...

    def notes(self, subject: str) -> list[Note]:
        """Those of one subject, newest first."""
        ...

    def clear(self, subject: str) -> None:
        """Take all of a subject down."""
        ...


class OwnBoard:
    """The process's own."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._hung: OrderedDict[str, deque[tuple[float, Note]]] = OrderedDict()

    def hang(self, notes: Sequence[Hung]) -> None:
        now = self._clock()
        with self._lock:
            for subject, note in notes:
                self._hung.setdefault(subject, deque(maxlen=MOST_NOTES)).appendleft((now, note))
                self._hung.move_to_end(subject)
            while len(self._hung) > MOST_SUBJECTS:
                self._hung.popitem(last=False)

    def notes(self, subject: str) -> list[Note]:
        since = self._clock() - KEPT_SECONDS
        with self._lock:
            return [note for at, note in self._hung.get(subject, ()) if at >= since]

    def clear(self, subject: str) -> None:
        with self._lock:
            self._hung.pop(subject, None)


class SharedBoard:
    """Redis's: a list for each subject, and when each was last used. Every call may raise `redis.RedisError`."""

    def __init__(self, url: str) -> None:
        self._redis: Any = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS, retry=None
        )

    def hang(self, notes: Sequence[Hung]) -> None:
        pipe = self._redis.pipeline(transaction=False)
        for subject, found in _by_subject(notes).items():
            place = _place(subject)
            pipe.lpush(place, *found)
            pipe.ltrim(place, 0, MOST_NOTES - 1)
            pipe.expire(place, KEPT_SECONDS)
            pipe.zadd(f"{_PLACE}:subjects", {subject: time.time()})
        pipe.zrange(f"{_PLACE}:subjects", 0, -MOST_SUBJECTS - 1)
        for subject in pipe.execute()[-1]:
            self.clear(subject.decode())

    def notes(self, subject: str) -> list[Note]:
        return [Note.unpacked(text) for text in self._redis.lrange(_place(subject), 0, -1)]

    def clear(self, subject: str) -> None:
        pipe = self._redis.pipeline(transaction=False)
        pipe.delete(_place(subject))
        pipe.zrem(f"{_PLACE}:subjects", subject)
        pipe.execute()

    def subjects(self) -> list[str]:
        """Those with notes, the one used last first."""
        since = time.time() - KEPT_SECONDS
        return [one.decode() for one in self._redis.zrevrangebyscore(f"{_PLACE}:subjects", "+inf", since)]

    def watch(self, stream: str) -> None:
        """Have the next events of this stream noted by every process, for some seconds; the oldest wish makes room."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.zadd(f"{_PLACE}:watched", {stream: time.time() + WATCHED_SECONDS})
        pipe.zremrangebyrank(f"{_PLACE}:watched", 0, -MOST_SUBJECTS - 1)
        pipe.execute()

    def watched(self) -> frozenset[str]:
        """The streams that somebody watches."""
        found: Iterable[bytes] = self._redis.zrangebyscore(f"{_PLACE}:watched", time.time(), "+inf")
        return frozenset(one.decode() for one in found)

    def close(self) -> None:
        """Let go of the connection."""
        self._redis.close()


def _by_subject(notes: Sequence[Hung]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for subject, note in notes:
        found.setdefault(subject, []).append(note.packed())
    return found


def _place(subject: str) -> str:
    return f"{_PLACE}:notes:{subject}"
