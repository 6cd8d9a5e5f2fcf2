"""Clients that send without pause, each over its own kept-alive connection, and write down what they are told."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import httpx

from tests.faults.ledger import BAD, Attempt, Event, Ledger, Outcome, event_of, outcomes_of

_PAUSE_SECONDS = 0.05  # before another address is tried
_MOST_RETRIES = 200


@dataclass(frozen=True)
class Exchange:
    """A request and its answer; status 0: none. Moments are `time.monotonic()`."""

    began: float
    ended: float
    status: int
    events: int
    fault: str = ""  # what went wrong where there is no answer
    retry_after: str = ""


@dataclass
class Load:
    """`rate` events a second over `keys` keys, in batches of 1 to `largest_batch`, over `connections` connections.

    A key belongs to one connection, which sends nothing else before it has an answer or has given up: so the order of each
    key is known. `retries` sends what has no clear answer again, with the same ids, as a careful client does. Where one of
    `urls` is away, the next one is asked.
    """

    urls: Sequence[str]
    ledger: Ledger
    stream: str
    rate: float = 300.0
    keys: int = 50
    connections: int = 8
    largest_batch: int = 20
    timeout_seconds: float = 15.0
    retries: bool = False
    bad_share: float = 0.0  # of events that break their schema, among good ones
    seed: int = 1
    exchanges: list[Exchange] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def running(self) -> Iterator[Load]:
        """Sends while the block lasts; each client ends with an answer to its last request."""
        thread = threading.Thread(target=lambda: asyncio.run(self._all()), name="load")
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()

    async def _all(self) -> None:
        run = uuid.uuid4().hex[:8]
        await asyncio.gather(*(_Client(self, f"{run}-{number}", number).send_all() for number in range(self.connections)))

    @property
    def is_stopped(self) -> bool:
        """Whether the clients are to end."""
        return self._stop.is_set()

    def are_well(self) -> bool:
        """Whether all that was answered within the last half second was promised."""
        lately = [one for one in tuple(self.exchanges) if one.ended > time.monotonic() - 0.5]
        return bool(lately) and all(one.status in {201, 202} for one in lately)

    def statuses(self, since: float = 0.0) -> Counter[int]:
        """How many requests were answered how."""
        return Counter(one.status for one in tuple(self.exchanges) if one.began >= since)

    def seconds_until_well(self, since: float) -> float:
        """How long after `since` the last request failed: no answer, or one of the server's errors."""
        failed = [one.ended for one in tuple(self.exchanges) if one.ended > since and (one.status == 0 or one.status >= 500)]
        return max(failed, default=since) - since

    def events_that_waited(self, seconds: float = 1.0) -> int:
        """Events of requests that took longer: they were on their way when something went wrong."""
        return sum(one.events for one in tuple(self.exchanges) if one.ended - one.began > seconds)

    def percentile(self, share: float, since: float = 0.0, until: float = float("inf")) -> float:
        """Seconds within which that share of the requests between two moments was answered."""
        took = sorted(one.ended - one.began for one in tuple(self.exchanges) if since <= one.began < until)
        return took[min(len(took) - 1, int(len(took) * share))] if took else 0.0


class _Client:
    """One connection, and the keys that it alone sends."""

    def __init__(self, load: Load, name: str, number: int) -> None:
        self._load, self._name = load, name
        self._random = Random(load.seed * 1_000 + number)  # noqa: S311  # repeatable on purpose
        self._keys = [f"key-{key}" for key in range(number, load.keys, load.connections)]
        self._numbers: defaultdict[str, itertools.count[int]] = defaultdict(itertools.count)
        self._urls = itertools.cycle([*load.urls[number % len(load.urls) :], *load.urls[: number % len(load.urls)]])
        self._url = next(self._urls)

    async def send_all(self) -> None:
        """Send until told to stop, at this client's share of the rate."""
        one = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        async with httpx.AsyncClient(limits=one, timeout=self._load.timeout_seconds, trust_env=False) as http:
            while not self._load.is_stopped and self._keys:
                due = time.monotonic()
                batch = self._next_batch()
                await self._deliver(http, batch)
                due += len(batch) * self._load.connections / self._load.rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))

    def _next_batch(self) -> list[Event]:
        chosen = self._random.choices(self._keys, k=self._random.randint(1, self._load.largest_batch))
        keys = [f"{BAD}{key}" if self._random.random() < self._load.bad_share else key for key in chosen]
        return [event_of(self._name, key, next(self._numbers[key])) for key in keys]

    async def _deliver(self, http: httpx.AsyncClient, batch: list[Event]) -> None:
        for _ in range(_MOST_RETRIES):
            outcomes, wait = await self._send(http, batch)
            batch = [event for event, outcome in zip(batch, outcomes, strict=True) if outcome == "unknown"]
            if not batch or not self._load.retries:
                return
            await asyncio.sleep(wait)

    async def _send(self, http: httpx.AsyncClient, batch: list[Event]) -> tuple[list[Outcome], float]:
        """The fate of each, and how long to wait before asking again."""
        began, body, status, fault, wait = time.monotonic(), b"", 0, "", ""
        try:
            answer = await http.post(f"{self._url}/v1/events", json=[event.as_json(self._load.stream) for event in batch])
            body, status, wait = answer.content, answer.status_code, answer.headers.get("retry-after", "")
        except httpx.HTTPError as error:
            fault = type(error).__name__
            self._url = next(self._urls)
        ended = time.monotonic()
        is_unsent = fault == "ConnectError"
        outcomes: list[Outcome] = outcomes_of(status, body, len(batch)) if status else ["unknown"] * len(batch)
        self._load.exchanges.append(Exchange(began, ended, status, len(batch), fault, wait))
        written: list[Outcome] = ["fail"] * len(batch) if is_unsent else outcomes
        events = zip(batch, written, strict=True)
        self._load.ledger.write(Attempt(event.id, outcome, status, began, ended) for event, outcome in events)
        return outcomes, min(float(wait), 1.0) if wait.isdigit() else _PAUSE_SECONDS
