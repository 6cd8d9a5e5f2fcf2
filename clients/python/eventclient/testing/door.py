"""The door: what came, good and bad; what a test asks of it, and the faults that it is told to make."""

from __future__ import annotations

import copy
import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import orjson

from eventclient.testing import answering, configuration
from eventclient.testing.answering import Answer
from eventclient.testing.bodies import BodyRefused, events_of
from eventclient.testing.errors import WaitedInVainError
from eventclient.testing.schemas import SchemaFolder
from eventclient.testing.serving import Server
from eventclient.testing.streams import Stream
from eventclient.testing.verdicts import Refusal, judge
from eventclient.testing.violations import Violation

_log = logging.getLogger("eventclient.testing")

_MAX_KEPT = 100_000


@dataclass(frozen=True)
class Bad:
    """An event, or a whole body, that was refused. `event` is None for a body that held none."""

    event: Any
    code: str
    pointer: str
    message: str
    remedy: str
    violations: tuple[Violation, ...] = ()


class EventDoor:
    """A small intake on a port of its own. `url` is both the platform's address and the intake's, for a client under test.

    `schemas`: one folder or several, as a schema repository keeps them. `streams`: names → title or settings; without them any
    stream takes any schema, and `/api/v1/client` knows none. `instruments`: as `/api/v1/client` answers them. `requests` counts
    posts; `unkept` what was judged and answered beside the 100,000 that it keeps.
    """

    def __init__(
        self,
        schemas: str | Path | Sequence[str | Path],
        streams: Mapping[str, str | Mapping[str, Any]] | None = None,
        instruments: Mapping[str, Any] | None = None,
        *,
        port: int = 0,
    ) -> None:
        roots = [schemas] if isinstance(schemas, str | Path) else schemas
        self._schemas = SchemaFolder(*roots)
        self._changed = threading.Condition()
        self._good: list[dict[str, Any]] = []
        self._bad: list[Bad] = []
        self._seen: set[str] = set()
        self._faults: deque[Answer] = deque()
        self._revision = 0
        self._streams: Mapping[str, Stream] | None = None
        self._instruments: Mapping[str, Any] = {}
        self.requests = self.unkept = 0
        self.configure(streams, instruments)
        self._server = Server(self, port)

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`, once it is open."""
        return self._server.url

    @property
    def intake_url(self) -> str:
        """Where events are posted."""
        return f"{self.url}/v1/events"

    def start(self) -> Self:
        """Open it."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Close it; what came can still be asked for."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def good(self, wait: int = 0, timeout: float = 5.0) -> list[dict[str, Any]]:
        """Events that were taken, as they would be stored, once there are `wait` of them."""
        self._until(lambda: len(self._good) >= wait, wait, "good", timeout)
        with self._changed:
            return copy.deepcopy(self._good)

    def bad(self, wait: int = 0, timeout: float = 5.0) -> list[Bad]:
        """What was refused, each with code, place and remedy, once there are `wait` of them."""
        self._until(lambda: len(self._bad) >= wait, wait, "bad", timeout)
        with self._changed:
            return list(self._bad)

    def wait(self, count: int, timeout: float = 5.0) -> None:
        """Return once so many events came, good or bad; fail the test where they don't."""
        self._until(lambda: len(self._good) + len(self._bad) >= count, count, "", timeout)

    def reset(self) -> None:
        """Forget all that came, and the faults that are still to come."""
        with self._changed:
            self._good.clear()
            self._bad.clear()
            self._seen.clear()
            self._faults.clear()
            self.requests = self.unkept = 0

    def configure(
        self, streams: Mapping[str, str | Mapping[str, Any]] | None = None, instruments: Mapping[str, Any] | None = None
    ) -> None:
        """Give it other streams and instruments: a new revision, which clients see at their next question."""
        made = None if streams is None else {name: Stream.of(name, given) for name, given in streams.items()}
        with self._changed:
            self._streams, self._instruments = made, instruments or {}
            self._revision += 1

    def answer_next(self, status: int, *, times: int = 1, retry_after: int | None = None, body: Any = None) -> None:
        """Answer the next posts so, whatever they hold; nothing of them is taken. `status` 0: no answer at all."""
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        made = b"" if body is None else orjson.dumps(body)
        with self._changed:
            self._faults.extend([Answer(status, made, headers)] * times)

    def take(self, body: bytes, headers: Mapping[str, str], *, is_hasty: bool) -> Answer:
        """The answer to a post."""
        with self._changed:
            self.requests += 1
            if self._faults:
                return self._faults.popleft()
        try:
            events = events_of(body, headers)
        except BodyRefused as refused:
            self._note([], [Bad(None, refused.code, "", refused.detail, refused.remedy)])
            return answering.of_refusal(refused)
        results = [self._judged(index, event) for index, event in enumerate(events)]
        if is_hasty:
            return Answer(202)
        return answering.of_results(results, wants_all="return=representation" in headers.get("prefer", ""))

    def refuse(self, refused: BodyRefused) -> Answer:
        """Note a body that was not even read."""
        self._note([], [Bad(None, refused.code, "", refused.detail, refused.remedy)])
        return answering.of_refusal(refused)

    def client_document(self) -> bytes:
        """What `/api/v1/client` answers."""
        with self._changed:
            streams, instruments, revision = self._streams or {}, self._instruments, self._revision
        return orjson.dumps(configuration.document(self.url, revision, self._schemas, streams, instruments))

    def _judged(self, index: int, event: Any) -> dict[str, Any]:
        received = copy.deepcopy(event)
        meta = event.get("meta") if isinstance(event, dict) else None
        try:
            judge(event, self._schemas, self._streams)
        except Refusal as refusal:
            self._note([], [Bad(received, refusal.code, refusal.pointer, refusal.message, refusal.remedy, refusal.violations)])
            return {"index": index, **_names(meta), "result": refusal.outcome, **refusal.as_json()}
        is_new = self._note([event], [])
        return {"index": index, **_names(event["meta"]), "result": "accepted" if is_new else "duplicate"}

    def _note(self, good: Sequence[dict[str, Any]], bad: Sequence[Bad]) -> bool:
        """Keep what came; False for an event whose id came before: it is answered, and not kept twice."""
        with self._changed:
            event_id = good[0]["meta"].get("id") if good else None
            if isinstance(event_id, str):
                if event_id in self._seen:
                    return False
                self._seen.add(event_id)
            if len(self._good) + len(self._bad) < _MAX_KEPT:
                self._good += good
                self._bad += bad
            else:
                self.unkept += 1
                if self.unkept == 1:
                    _log.warning("door.full kept=%d remedy=Call reset() between parts of a long test.", _MAX_KEPT)
            self._changed.notify_all()
            return True

    def _until(self, is_there: Any, count: int, kind: str, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        with self._changed:
            while not is_there():
                if not self._changed.wait(max(0.0, deadline - time.monotonic())) and time.monotonic() >= deadline:
                    raise WaitedInVainError(self._in_vain(count, kind, timeout))

    def _in_vain(self, count: int, kind: str, timeout: float) -> str:
        """Say what came instead: mostly that is the answer."""
        codes = ", ".join(f"{one.code} at {one.pointer or 'the whole'}" for one in self._bad[:3])
        came = f"{len(self._good)} good and {len(self._bad)} bad events came{f' ({codes})' if codes else ''}"
        more = f" {self.unkept} more came than the door keeps: call reset() in between." if self.unkept else ""
        return f"Waited {timeout:g} s for {count} {kind} events; {came}, in {self.requests} requests.{more}"


def _names(meta: Any) -> dict[str, Any]:
    named = meta if isinstance(meta, dict) else {}
    return {name: named.get(name) if isinstance(named.get(name), str) else None for name in ("id", "stream")}
