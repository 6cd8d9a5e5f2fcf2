"""Ids of events that this process accepted a moment ago, so that one sent again is answered and not produced twice.

Best effort: workers of one start share what they know (`seen_table.py`); after a restart, or on another host, it is produced.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from eventplatform.broker.base import Delivery
from eventplatform.core.errors import RetriableError
from intake.submission import Submission

if TYPE_CHECKING:
    from intake.seen_table import SeenTable  # it knows the words of this

Verdict = Literal["new", "seen", "in_flight"]

# About 110 bytes each (measured), so 28 MB at most: an intake worker shall do with 200 MB, whatever passes through it.
MOST = 250_000


class InFlightError(RetriableError):
    """The same event is on its way from a request before, and what becomes of it is not known yet."""

    code = "event.in_flight"
    message = "An event of this id is being taken at this moment."
    remedy = "Send it again after the time that Retry-After names: it is then accepted, or answered as a duplicate."

    @property
    def retry_after_seconds(self) -> int:
        """Most are settled within milliseconds."""
        return 1


def id_of(event: Any) -> str | None:
    """The id that a client gave its event; asked before the gate fills one in."""
    try:
        found = event["meta"].get("id")
    except (KeyError, TypeError, AttributeError):
        return None
    return found if isinstance(found, str) else None


def key_of(topic: str, event_id: str, schema_id: str) -> int:
    """Of an event that is sent again all three are the same; one that differs in any is not dropped for another's sake.

    64 bits in place of the words. Python's hash of text is keyed with a secret of the process: nobody aims at another's.
    """
    return hash((topic, event_id, schema_id))


class Seen:
    """Keys by the moment when they came, negative while they are in flight. Safe to share between threads.

    Bounded: two generations, of which the older is dropped when the younger is full. Claims take no lock, since each step is
    one operation of a dict; that a key is forgotten early in a race of two threads is within what is promised.
    """

    __slots__ = ("_lock", "_most", "_old", "_young")

    def __init__(self, most: int = MOST) -> None:
        self._most = max(1, most // 2)
        self._young: dict[int, int] = {}
        self._old: dict[int, int] = {}
        self._lock = threading.Lock()

    def mark(self, now_ms: int) -> int:
        """What a request claims with: an object of its own."""
        return -now_ms

    def claim(self, key: int, mark: int, since_ms: int) -> Verdict:
        """What is known of `key` since then; of a new one, that it is in flight until it is settled."""
        came = self._young.setdefault(key, mark)
        if came is mark:
            known = self._old.get(key)
            if known is None:
                return "new"
            came = known
        if abs(came) <= since_ms:
            self._young[key] = mark
            return "new"
        self._young[key] = came
        return "seen" if came > 0 else "in_flight"

    def settle(self, keys: Sequence[int], now_ms: int) -> None:
        """Remember claimed keys as taken."""
        young = self._young
        for key in keys:
            young[key] = now_ms
        if len(young) >= self._most:
            with self._lock:
                if young is self._young:
                    self._old, self._young = young, {}

    def forget(self, keys: Sequence[int]) -> None:
        """Give claimed keys up: what was not taken may come again."""
        for key in keys:
            self._young.pop(key, None)
            self._old.pop(key, None)

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


_shared: SeenTable | None = None


def share() -> None:
    """Let all workers that are forked from now on know what each of them knows."""
    from intake.seen_table import SeenTable

    global _shared  # noqa: PLW0603  # one for the process and its children is the point
    _shared = SeenTable()


def seen() -> Seen | SeenTable:
    """What this process remembers, alone or with its siblings."""
    return Seen() if _shared is None else _shared


class Claims:
    """What the events of one request claimed, by the places of their records. Of its neighbours an event shares the fate."""

    __slots__ = ("_mark", "_now_ms", "_places", "_seen")

    def __init__(self, seen: Seen | SeenTable, now_ms: int) -> None:
        self._seen = seen
        self._now_ms = now_ms
        self._mark = seen.mark(now_ms)
        self._places: dict[int, int] = {}

    def is_new(self, index: int, event: dict[str, Any], key: int, window_ms: int, submission: Submission) -> bool:
        """Whether the event goes on into the log, as the submission's next record; one that doesn't is noted there."""
        place = self._places.get(key)
        if place is not None:
            submission.follow(index, event, place)
            return False
        verdict = self._seen.claim(key, self._mark, self._now_ms - window_ms)
        if verdict == "new":
            self._places[key] = len(submission.records)
        elif verdict == "seen":
            submission.repeat(index, event)
        else:
            submission.refuse(index, event, event["meta"].get("stream") or "", InFlightError())
        return verdict == "new"

    def settle(self, deliveries: Sequence[Delivery]) -> None:
        """What the log, or the spool, took is remembered; what it did not take may come again."""
        taken = [key for key, place in self._places.items() if deliveries[place].error is None]
        if len(taken) < len(self._places):
            self._seen.forget([*(self._places.keys() - taken)])
        self._seen.settle(taken, self._now_ms)

    def release(self) -> None:
        """Forget them all: nothing was produced."""
        self._seen.forget([*self._places])
