"""Gives streams out: judges a request, finds where to begin, and puts the client among the live ones or reads it the past."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eventplatform.core.errors import PlatformError
from eventplatform.guard.client_addresses import client_address, network_of
from eventplatform.guard.request_head import RequestHead
from monitoring.streaming import answers, asked, life, rendering
from monitoring.streaming.channels import Positions, Wish, Writer
from monitoring.streaming.client import Client, Limits
from monitoring.streaming.entries import Entries
from monitoring.streaming.errors import MethodRefusedError, StreamsStoppingError, TooMuchHistoryError
from monitoring.streaming.footing import Footing
from monitoring.streaming.history import History
from monitoring.streaming.hub import Hub
from monitoring.streaming.offers import STRANGER, Caller, Offers, topics_of
from monitoring.streaming.places import Caps, Places
from monitoring.streaming.positions import read_last_event_id
from monitoring.streaming.starts import Start, starts
from monitoring.streaming.tail import Tail

if TYPE_CHECKING:
    from monitoring.streaming.connection import Connection, Request

log = logging.getLogger(__name__)

_ACCOUNTS_SECONDS = 30.0  # between two looks at whether people still may read what they do
_HANDOVER_SECONDS = 60.0
_FULL_SECONDS = 60.0  # that it is told for


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one process gives."""

    caps: Caps = field(default_factory=Caps)
    limits: Limits = field(default_factory=Limits)
    most_history: int = 50
    history_per_second: float = 5000


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whom a client's place is for, to be judged again while it lasts."""

    names: tuple[str, ...]
    caller: Caller
    authorization: str = field(default="", repr=False)
    cookie: str = field(default="", repr=False)


class StreamService:
    """Belongs to one event loop; what may block is asked in a few threads."""

    def __init__(self, footing: Footing, bounds: Bounds) -> None:
        self.is_stopping = False
        self.places = Places(bounds.caps)
        self._footing = footing
        self._bounds = bounds
        self._loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(4, "stream-ask")
        entries = Entries(lambda topic: footing.offers().of_topic(topic), footing.find_schema, footing.hashing)
        self.hub = Hub(entries)
        self.tail = Tail(footing.log, self.hub, entries, self._on_loop)
        self._history = History(
            footing.log,
            self.hub,
            entries,
            self._on_loop,
            self._loop.call_later,
            most=bounds.most_history,
            records_per_second=bounds.history_per_second,
        )
        self._judged: Offers | None = None
        self._looked_at = time.monotonic()
        self._told_at = 0.0
        self._full_at = float("-inf")

    def start(self) -> None:
        """Start the threads that read."""
        self.tail.start()
        self._history.start()

    def say_goodbye(self) -> None:
        """Take no more clients, and end those that are there."""
        self.is_stopping = True
        self.hub.end_where(lambda _: True, "stopping")

    async def stop(self) -> None:
        """End the threads."""
        for stop in (self.tail.stop, self._history.stop):
            await self._loop.run_in_executor(None, stop)
        await self._loop.run_in_executor(None, lambda: self._threads.shutdown(cancel_futures=True))

    async def ask(self, function: Callable[[], object]) -> object:
        """Call what may wait, in a thread."""
        return await self._loop.run_in_executor(self._threads, function)

    async def caller(self, request: Request) -> Caller:
        """Who asks; a stranger costs no question."""
        authorization, cookie = request.header("authorization"), request.header("cookie")
        if not authorization and not cookie:
            return STRANGER
        found = await self.ask(lambda: self._footing.caller(authorization, cookie))
        assert isinstance(found, Caller)  # noqa: S101  # what `caller` answers
        return found

    async def open(self, request: Request, connection: Connection) -> None:
        """Begin a stream.

        Raises:
            PlatformError: it isn't given; nothing was sent yet.
        """
        if request.method not in {"GET", "HEAD"}:
            raise MethodRefusedError
        if self.is_stopping:
            raise StreamsStoppingError
        wanted = asked.read(request.path, request.query, request.header)
        caller = await self.caller(request)
        topics = topics_of(self._footing.offers().wanted(wanted.streams, caller))
        resumes = read_last_event_id(wanted.last_event_id, topics) if wanted.last_event_id else {}
        give_back = self.places.take(self._network(request), caller.user)
        try:
            now_ms = time.time_ns() // 1_000_000
            found = await self._loop.run_in_executor(
                self._threads,
                lambda: starts(self._footing.asked_log(), topics, now_ms=now_ms, since_ms=wanted.since_ms, resumes=resumes),
            )
            if request.method == "HEAD" or connection.is_closed:
                connection.finish(_head(wanted, request))
                give_back()
                return
            is_chunked = request.version != "1.0"
            writer = Writer(_wish(wanted, found, caller))
            client = Client(connection, writer, self._bounds.limits, self.hub.tally, self.now(), is_chunked=is_chunked)
            client.subject = Visitor(wanted.streams, caller, request.header("authorization"), request.header("cookie"))
            opening = rendering.OPENINGS[wanted.format]
            head = _head(wanted, request) + (rendering.chunk(opening) if is_chunked else opening)
            self._begin(client, found, connection, head, give_back)
        except BaseException:
            give_back()
            raise

    def _begin(
        self, client: Client, found: tuple[Start, ...], connection: Connection, head: bytes, give_back: Callable[[], None]
    ) -> None:
        begins = self.hub.follow(client, found)
        positions = Positions(begins, self.hub.logs(client.writer.wish))
        if self._history.is_full and self.hub.needs_history(begins):
            self.hub.leave(client)
            raise TooMuchHistoryError

        def gone() -> None:
            self.hub.leave(client)
            self._history.forget(client)
            give_back()

        client.on_gone = gone
        connection.client = client
        connection.write(head)
        client.begin(positions.id)
        missed = sum(start.missed for start in found)
        if missed:
            client.tell("dropped", {"count": missed, "reason": "retention"})
        if not self.hub.join(client, positions):
            self._history.add(client, positions)

    def now(self) -> float:
        """The loop's clock."""
        return self._loop.time()

    def beat(self) -> None:
        """Called about once a second."""
        self.hub.beat(self.now())
        self._judge()
        if time.monotonic() - self._told_at > life.BEAT_SECONDS:
            self._tell()
        if time.monotonic() - self._looked_at > _ACCOUNTS_SECONDS:
            self._looked_at = time.monotonic()
            self._threads.submit(self._look_at_accounts)

    def note_full(self) -> None:
        """Somebody was turned away."""
        self._full_at = time.monotonic()

    def _tell(self) -> None:
        """A sign of life, in a thread."""
        self._told_at = now = time.monotonic()
        is_full = now - self._full_at < _FULL_SECONDS
        trouble = self.tail.trouble
        words = life.words(self.places.taken, is_full=is_full, trouble=trouble)
        self._threads.submit(self._footing.tell, words, is_well=not trouble)

    def _judge(self) -> None:
        """Where the configuration has changed, end those who may not read on."""
        try:
            offered = self._footing.offers()
        except PlatformError:
            return
        if offered is not self._judged:
            self._judged = offered
            self.hub.end_where(lambda client: not _may(offered, client.subject, client.subject.caller), "access")

    def _look_at_accounts(self) -> None:
        """In a thread: people whose token was revoked, or who may see less than before, have to come again."""
        visitors = {client.subject for client in tuple(self.hub.clients) if client.subject.caller.user is not None}
        changed = {one for one in visitors if self._is_another(one)}
        if changed:
            self._on_loop(lambda: self.hub.end_where(lambda client: client.subject in changed, "access"))

    def _is_another(self, visitor: Visitor) -> bool:
        try:
            return self._footing.caller(visitor.authorization, visitor.cookie) != visitor.caller
        except PlatformError as error:
            return error.retry_after_seconds is None  # a database that is away says nothing of anybody

    def _network(self, request: Request) -> str:
        head = RequestHead(peer=request.peer, header=request.header)
        return network_of(client_address(head, self._footing.proxies))

    def _on_loop(self, function: Callable[[], object]) -> bool:
        done: Future[None] = Future()

        def act() -> None:
            try:
                function()
                done.set_result(None)
            except Exception as error:  # noqa: BLE001  # the thread that waits is told
                done.set_exception(error)

        try:
            self._loop.call_soon_threadsafe(act)
            done.result(_HANDOVER_SECONDS)
        except (RuntimeError, TimeoutError):  # the loop is closed, or stands still
            return False
        return True


def _may(offered: Offers, visitor: Visitor, caller: Caller) -> bool:
    try:
        offered.wanted(visitor.names, caller)
    except PlatformError:
        return False
    return True


def _wish(wanted: asked.Asked, found: tuple[Start, ...], caller: Caller) -> Wish:
    return Wish(
        partitions=tuple(sorted(start.where for start in found)),
        format=wanted.format,
        filters=wanted.filters,
        fields=wanted.fields,
        with_canaries=wanted.with_canaries,
        view="whole" if caller.may_see_personal else "clean",
    )


def _head(wanted: asked.Asked, request: Request) -> bytes:
    """The head of a stream; a proxy must neither keep nor squeeze it."""
    own = [("content-type", rendering.CONTENT_TYPES[wanted.format].decode()), ("x-accel-buffering", "no")]
    own += [("cache-control", "no-cache, no-transform")]
    if request.version != "1.0":
        own += [("transfer-encoding", "chunked"), ("connection", "keep-alive")]
    else:
        own += [("connection", "close")]
    return answers.head(200, own)
