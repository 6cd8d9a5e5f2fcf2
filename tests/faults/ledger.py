"""What clients were told about each event they sent, on disk before anybody asks; the log is compared with it afterwards."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

# ok: promised, so it must be in the log. fail: refused, so it must not. unknown: no answer, or one that promises nothing.
Outcome = Literal["ok", "fail", "unknown"]
_OF_RESULT: Mapping[str, Outcome] = {
    **dict.fromkeys(("accepted", "spooled", "duplicate"), "ok"),
    **dict.fromkeys(("invalid", "denied", "limited", "disabled", "late"), "fail"),
}
_SUCCESS, _CLIENT_ERROR, _SERVER_ERROR = range(200, 300), range(400, 500), 500


BAD = "bad-"  # how the keys of events begin that break their schema


class Event(NamedTuple):
    """One event of a client; `number` grows by one with each event of its key."""

    id: str
    key: str
    number: int

    def as_json(self, stream: str) -> dict[str, Any]:
        """Its form on the wire: what the verifier needs stands in the id, and the message key in `meta.domain`."""
        meta = {"stream": stream, "id": self.id, "domain": self.key}
        return {"$schema": "/sample/test_event/1.0.0", "meta": meta, "test": 5 if self.is_bad else "ledger"}

    @property
    def is_bad(self) -> bool:
        """Whether it breaks its schema."""
        return self.key.startswith(BAD)


def event_of(client: str, key: str, number: int) -> Event:
    """The event whose id says all of it."""
    return Event(f"{client}/{key}/{number}", key, number)


def event_with(event_id: str) -> Event | None:
    """The event with that id; None for one that no ledger ever wrote."""
    parts = event_id.split("/")
    return Event(event_id, parts[1], int(parts[2])) if len(parts) == 3 and parts[2].isdigit() else None


class Attempt(NamedTuple):
    """One sending of one event, and what came of it. Moments are `time.monotonic()`."""

    id: str
    outcome: Outcome
    status: int  # 0: no answer
    began: float
    ended: float


def outcomes_of(status: int, body: bytes, count: int) -> list[Outcome]:
    """What an answer of our own profile says about each event of its request."""
    results = _results(body)
    if results is not None and len(results) == count:
        return [_OF_RESULT.get(one["result"], "unknown") for one in sorted(results, key=lambda one: one["index"])]
    whole: Outcome = "ok" if status in _SUCCESS else "fail" if status in _CLIENT_ERROR else "unknown"
    return [whole] * count


def _results(body: bytes) -> list[dict[str, Any]] | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    found = document.get("results") if isinstance(document, dict) else None
    return found if isinstance(found, list) else None


class Ledger:
    """An append-only file of attempts; `write` returns once they are on the disk. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a+", encoding="utf-8")
        self._lock = threading.Lock()

    def write(self, attempts: Iterable[Attempt]) -> None:
        """Append and sync."""
        text = "".join(f"{json.dumps(attempt)}\n" for attempt in attempts)
        with self._lock:
            self._file.write(text)
            self._file.flush()
            os.fdatasync(self._file.fileno())

    def __iter__(self) -> Iterator[Attempt]:
        """All attempts, in the order of their answers."""
        with self._lock:
            self._file.seek(0)
            lines = self._file.readlines()
        return (Attempt(*json.loads(line)) for line in lines)

    def close(self) -> None:
        self._file.close()
