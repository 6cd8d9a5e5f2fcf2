"""Streams over HTTP as server-sent events: goes on behind the last id, comes again by itself, tells what the server tells."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import httpx
import orjson

from eventclient.consuming.deliveries import Delivery, Item, Lane, Mark, Notice, Plan
from eventclient.consuming.errors import ConsumerError, SourceRefusedError
from eventclient.consuming.inbox import Inbox
from eventclient.consuming.positions import MemoryPositions, PositionStore
from eventclient.consuming.retries import spread
from eventclient.consuming.sse_asking import FIRST, AgainError, begun_at, check, question, stream_url
from eventclient.consuming.sse_connection import connected
from eventclient.consuming.sse_parsing import Block, Blocks, BlockTooLongError

_log = logging.getLogger("eventclient.consuming")

_MOST_PAUSE_SECONDS = 60.0
_REREAD_SECONDS = 0.2
_JOIN_SECONDS = 10.0
_REMEDY = "Look at the addresses of the platform and the stream server, and at the position that is kept."


class _Ended(Exception):  # noqa: N818  # no error: the connection is over, and this long is to be waited
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class SseSource:
    """`url` is the stream server's address; without it the platform is asked.

    `when_slow="reread"`: what the server left out since we are slow is read again from the log, so nothing is missed that
    the log still has; `"skip"`: go on with what comes, and be told how much was left out.
    """

    def __init__(  # the how-to explains each
        self,
        url: str = "",
        *,
        positions: PositionStore | None = None,
        since: str | int = "",
        filters: Iterable[str] = (),
        fields: Iterable[str] = (),
        token: str = "",
        when_slow: Literal["reread", "skip"] = "reread",
        http: httpx.Client | None = None,
    ) -> None:
        self._url = url
        self._positions = positions or MemoryPositions()
        self._since = str(since)
        self._asked = {"filters": tuple(filters), "fields": tuple(fields)}
        self._token = token
        self._skips = when_slow == "skip"
        self._http = http or httpx.Client()
        self._lane = Lane("sse")
        self._inbox = Inbox()
        self._closing = threading.Event()
        self._last_id = b""
        self._retry_seconds = 3.0
        self._tried = 0
        self._hang_up: Callable[[], None] = _nothing
        self._thread = threading.Thread(target=self._run, name="consumer-sse", daemon=True)

    def open(self, plan: Plan) -> None:
        self._plan = plan
        self._name = plan.group or ",".join(sorted(plan.streams))
        kept = self._positions.load(self._name)
        if kept.startswith(FIRST):
            self._since = kept.removeprefix(FIRST)
        else:
            self._last_id = kept.encode()
        self._thread.start()

    def poll(self, seconds: float) -> Sequence[Item]:
        return self._inbox.take(seconds)

    def keep_alive(self) -> None:
        """The reader's thread keeps the connection."""

    def commit(self, done: Mapping[Lane, Any]) -> bool:
        self._positions.save(self._name, done[self._lane].decode())
        return True

    def lag(self) -> Mapping[str, int]:
        """Nobody knows: the server says nothing of it."""
        return {}

    def close(self) -> None:
        self._closing.set()
        self._inbox.close()
        self._hang_up()
        if self._thread.is_alive():
            self._thread.join(_JOIN_SECONDS)
        self._http.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._follow()
                pause, why = spread(self._retry_seconds), "closed"
            except SourceRefusedError as error:
                self._inbox.fail(error)
                return
            except _Ended as ended:
                self._closing.wait(ended.seconds)
                continue
            except AgainError as error:
                pause, why = max(error.seconds, self._pause()), str(error)
            except (httpx.HTTPError, httpx.StreamError, BlockTooLongError, OSError) as error:
                pause, why = self._pause(), type(error).__name__
            except Exception as error:  # noqa: BLE001  # an address that is none, say; without this thread nothing would come, ever
                self._inbox.fail(ConsumerError(f"The stream can't be asked for ({type(error).__name__}).", remedy=_REMEDY))
                return
            if not self._closing.is_set():
                self._put(Notice("disconnected", {"reason": why, "again_in_seconds": round(pause, 1)}))
            self._closing.wait(pause)

    def _pause(self) -> float:
        self._tried += 1
        return spread(min(2.0 ** (self._tried - 1), _MOST_PAUSE_SECONDS))

    def _follow(self) -> None:
        """One connection, until it ends."""
        self._url = self._url or stream_url(self._http, self._plan.platform, self._plan.streams[0])
        address, headers = question(
            self._url, self._plan, last_id=self._last_id, token=self._token, since=self._since, **self._asked
        )
        with connected(self._http, address, headers) as (answer, self._hang_up):
            check(answer)
            self._note_first(begun_at(answer))
            blocks = Blocks()
            for chunk in answer.iter_raw():
                self._take(blocks.feed(chunk), len(chunk))
                if self._closing.is_set():
                    return

    def _note_first(self, moment: str) -> None:
        """Until the server says an id, we go on from shortly before it first answered."""
        if moment and not self._last_id and not self._since:
            self._since = moment
            self._inbox.put((Mark(self._lane, (FIRST + moment).encode()),), 0)

    def _take(self, blocks: Sequence[Block], size: int) -> None:
        items: list[Item] = []
        try:
            for block in blocks:
                self._tried = 0
                items += self._items(block)
        finally:
            self._inbox.put(items, size)

    def _items(self, block: Block) -> Sequence[Item]:
        if block.id:
            self._last_id = block.id
        if block.retry.isdigit():
            self._retry_seconds = int(block.retry) / 1000
        if block.name == b"message":
            stream = self._plan.streams[0] if len(self._plan.streams) == 1 else ""
            return (Delivery(self._lane, self._last_id, block.data, stream=stream),)
        if block.name:
            return self._notices(block.name.decode("utf-8", "replace"), block.data)
        return (Mark(self._lane, block.id),) if block.id else ()

    def _notices(self, name: str, data: bytes) -> Sequence[Item]:
        facts = _facts(data)
        if name == "dropped" and facts.get("reason") == "slow_client" and not self._skips:
            self._put(Notice("reread", facts))
            raise _Ended(spread(_REREAD_SECONDS))
        if name == "end":
            self._put(Notice("end", facts))
            raise _Ended(spread(self._retry_seconds))
        return (Notice(name, facts),)

    def _put(self, notice: Notice) -> None:
        self._inbox.put((notice,), 0)


def _nothing() -> None:
    """There is no connection yet."""


def _facts(data: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(data)
    except ValueError:
        return {}
    return {name: value for name, value in found.items() if name != "resume"} if isinstance(found, dict) else {}
