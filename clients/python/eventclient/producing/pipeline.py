"""The producer without its wire: takes calls, says what to do next, takes answers. Threads and tasks both drive it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from eventclient.contract.answers import AGAIN, DROPPED, HALVE, Answer
from eventclient.contract.configuration import Configuration
from eventclient.contract.queue import Drop, Item, Lane, Waiting
from eventclient.errors import QueueFullError
from eventclient.producing.asking import NEVER, Asking, spread
from eventclient.producing.calls import Call, now_ms
from eventclient.producing.early import EarlyCalls
from eventclient.producing.jobs import Idle, Job, Send
from eventclient.producing.judging import Judge, Judged
from eventclient.producing.ledger import Drops, Ledger
from eventclient.producing.options import Options
from eventclient.producing.ways import Way
from eventclient.stats import Dropped, Stats, log

_EARLY_AT_ONCE = 100


class Pipeline:
    """All state of a client. Its lock is held for short: judging one event, never a request.

    `wake` is called with the lock held when there is something to do; `make_room` may wait, with the lock held, until there is.
    """

    def __init__(self, options: Options, judge: Judge, *, configuration: Configuration | None = None) -> None:
        self.lock = threading.Condition()
        self.options = options
        self.judge = judge
        self.ledger = Ledger(self.lock, options.on_dropped, is_debugging=bool(options.debug))
        self.stats = self.ledger.stats
        self.wake: Callable[[], None] = self.lock.notify
        self.make_room: Callable[[int], None] = lambda _size: None
        self.is_closed = False
        self.waiting = Waiting(options.max_events, options.max_bytes)
        self.early = EarlyCalls(options.max_events, options.max_bytes)
        self._asking = Asking(configuration, is_given=options.config is not None)
        self._ways: dict[str, Way] = {}
        self._number = 0
        self._flush_to = -1

    @property
    def configuration(self) -> Configuration | None:
        return self._asking.holds

    def has_room(self, size: int = 1) -> bool:
        """For one event more, beside those that wait for the configuration."""
        waiting, early = self.waiting, self.early
        return waiting.count + len(early) < waiting.most_events and waiting.size + early.size + size <= waiting.most_bytes

    # calls

    def renewed(self, judge: Judge) -> Pipeline:
        """For a forked child: what the configuration says, and nothing that waits."""
        pipeline = Pipeline(self.options, judge, configuration=self._asking.holds)
        pipeline.is_closed = self.is_closed
        return pipeline

    def submit(self, call: Call) -> bool:
        """Whether the event is on its way, or kept until the configuration is there."""
        configuration = self._asking.holds
        if configuration is None or self.early:
            is_kept = self._kept_early(call)
            if is_kept is not None:
                return is_kept
            configuration = self._asking.holds
        assert configuration is not None  # noqa: S101  # else it was kept
        judged = self.judge.judge(configuration, call, now_ms())
        with self.lock:
            self.stats.submitted += 1
            drops = self._put(judged, call) if judged.reason is None else self.ledger.refused(judged.reason, judged.stream)
            self.ledger.owe(drops)
        return self._is_on_its_way(judged.text, drops) and judged.reason is None

    def refuse(self, reason: str, stream: str) -> None:
        """Count a call that comes to nothing."""
        with self.lock:
            self.stats.submitted += 1
            drops = self.ledger.refused(reason, stream)
        self.ledger.tell(drops)

    def _kept_early(self, call: Call) -> bool | None:
        """Whether it is kept; None where the configuration came meanwhile."""
        frozen = EarlyCalls.frozen(call)
        if frozen is None:
            self.refuse("not_json", call.target)
            return False
        with self.lock:
            self.wake()
            has_room = self._has_made_room(len(frozen.event))
            if self._asking.holds is not None and not self.early:
                return None
            self.stats.submitted += 1
            drops = self._put_early(frozen) if has_room and not self.is_closed else self._turned_away(call.target, frozen.event)
            self.ledger.owe(drops)
        return self._is_on_its_way(frozen.event, drops)

    def _put_early(self, frozen: Call) -> Drops:
        self._number += 1
        lost = self.early.put(frozen, self._number)
        return self.ledger.lost(Drop(Item(one.event, one.target, one.made, number), "full") for number, one in lost)

    def _put(self, judged: Judged, call: Call) -> Drops:
        if self.is_closed or not self._has_made_room(len(judged.text)):
            return self._turned_away(judged.stream, judged.text)
        self._number += 1
        return self._queue(judged, call, self._number)

    def _queue(self, judged: Judged, call: Call, number: int) -> Drops:
        if judged.reason is not None:
            return self.ledger.refused(judged.reason, judged.stream)
        item = Item(judged.text, judged.stream, call.made, number, call.visitor.headers)
        if self.options.debug:
            log.info("event.made stream=%s event=%s", judged.stream, judged.text.decode())
        lane = self.waiting.lane(judged.service)
        was_ready = self._is_full(lane)
        lost = self.waiting.put(judged.service, item, time.monotonic())
        if len(lane.ready) == 1 or (not was_ready and self._is_full(lane)):
            self.wake()
        return self.ledger.lost(lost)

    def _has_made_room(self, size: int) -> bool:
        """Where the oldest don't go for it, a new event waits, or does without."""
        if self.options.when_full == "drop_oldest" or self.has_room(size):
            return True
        self.make_room(size)
        return self.has_room(size)

    def _turned_away(self, stream: str, text: bytes) -> Drops:
        return self.ledger.refused("client_closed" if self.is_closed else "full", stream, text)

    def _is_on_its_way(self, text: bytes, drops: Drops) -> bool:
        """Whether it is not among the drops, which are told first."""
        self.ledger.tell(drops)
        own = next((drop for drop in drops if drop.event is text), None)
        if own is not None and own.reason == "full" and self.options.when_full == "raise":
            raise QueueFullError(f"{self.waiting.count + len(self.early)} events wait. Flush, or submit less.")
        return own is None

    # work

    def next(self) -> Job:
        """With the lock held: what a worker does now."""
        now = time.monotonic()
        due = self._asking.due
        if now >= due and not self.is_closed:
            return self._asking.ask()
        for name, lane in list(self.waiting.lanes.items()):
            found = self._batch(name, lane, self._ways.setdefault(name, Way()), now)
            if isinstance(found, Send):
                return found
            due = min(due, found)
        return Idle(max(0.0, min(due - now, 3600.0)))

    def _batch(self, name: str, lane: Lane, way: Way, now: float) -> Send | float:
        """What goes to an intake now, or when to look again."""
        lane.wake(now)
        if now < way.paused_until or way.is_busy(self.options.in_flight, ordered=self.options.ordered):
            return way.paused_until if now < way.paused_until else NEVER
        if way.pieces:
            return self._send(name, way, way.pieces.popleft())
        if not lane.ready:
            return lane.next_due
        is_wanted = self.is_closed or lane.ready[0].number <= self._flush_to or self.options.debug
        ready_at = lane.since + self.options.linger_seconds
        if not is_wanted and now < ready_at and not self._is_full(lane):
            return min(ready_at, lane.next_due)
        items = lane.take(self.options.batch_events, self.options.batch_bytes)
        lane.since = now
        if self._is_full(lane):  # more is ready: another worker takes it while this one waits for its answer
            self.wake()
        return self._send(name, way, items)

    def _send(self, name: str, way: Way, items: list[Item]) -> Send:
        attempt = max(1 + max(item.attempts for item in items), 1 + way.failures)
        self.stats.requests += 1
        send = Send(self.stats.requests, name, self._asking.urls[name], items, attempt)
        way.flying[send.number] = items
        return send

    def _is_full(self, lane: Lane) -> bool:
        return len(lane.ready) >= self.options.batch_events or lane.ready_bytes >= self.options.batch_bytes

    # answers

    def answered(self, send: Send, answer: Answer) -> None:
        """Take the fate of each event of a request."""
        way = self._ways[send.lane]
        with self.ledger.turn(self._oldest_number) as drops:
            if way.flying.pop(send.number, None) is None:
                return  # given up meanwhile
            drops.extend(self._settled(way, send, answer))
            drops.extend(self.ledger.lost(self.waiting.expire(now_ms())))
            self.wake()

    def _settled(self, way: Way, send: Send, answer: Answer) -> list[Dropped]:
        if answer.fates[0].what is HALVE:
            way.halve(send.items)
            return []
        again, done, drops = [], [], []
        for item, fate in zip(send.items, answer.fates, strict=True):
            item.attempts += 1
            if fate.what is AGAIN and item.attempts < self.options.tries:
                again.append(item)
                continue
            done.append(item)
            if fate.what is AGAIN:
                drops.append(self.ledger.count("gave_up", item.stream, item.text))
            elif fate.what is DROPPED:
                drops.append(self.ledger.count(fate.code, item.stream, item.text, fate))
            else:
                self.stats.sent += 1
        self.waiting.settle(done)
        self._repeat(way, send, again, answer)
        return drops

    def _repeat(self, way: Way, send: Send, again: list[Item], answer: Answer) -> None:
        """Where nothing was taken the whole intake waits; else only those events, unless order is asked for."""
        is_away = all(fate.what is AGAIN for fate in answer.fates)
        if not is_away:
            way.failures = 0
        if answer.wait_seconds is None:
            return
        until = time.monotonic() + spread(answer.wait_seconds)
        lane = self.waiting.lane(send.lane)
        self.stats.retried += len(again)
        if is_away:
            way.fail(until)
        elif self.options.ordered:
            way.paused_until = until
        if is_away or self.options.ordered:
            lane.put_back(again)
        else:
            lane.set_aside(again, until)

    def fetched(self, status: int | None, headers: dict[str, str], body: Any, clock_offset: float) -> bool:
        """Take an answer about the configuration; what was called before the first one is judged now. Whether it was good."""
        with self.lock:
            is_good = self._asking.answered(status, headers, body, clock_offset)
            self.lock.notify_all()
            self.wake()
        self.judge_early()
        return is_good

    def judge_early(self) -> None:
        """A part at a time, so that nobody waits long for the lock; those who call meanwhile stand behind."""
        while self._asking.holds is not None:
            with self.ledger.turn(self._oldest_number) as drops:
                for number, call in self.early.take(_EARLY_AT_ONCE):
                    drops.extend(self._queue(self.judge.judge(self._asking.holds, call, now_ms()), call, number))
                is_done = not self.early
            if is_done:
                return

    # ends

    def flush_target(self) -> int:
        """With the lock held: all that was submitted until now goes at once."""
        self._flush_to = self._number
        self.wake()
        return self._number

    def is_flushed(self, target: int) -> bool:
        """With the lock held: nothing that old is kept, waits, or is on its way, and all drops of it are told."""
        return min(self._oldest_number(), self.ledger.oldest_untold()) > target

    def _oldest_number(self) -> float:
        ways = (way.oldest_number() for way in self._ways.values())
        return min(self.early.oldest_number(), self.waiting.oldest_number(), *ways)

    def give_up(self) -> None:
        """Close: what is left is dropped; what is on its way may arrive yet, but nobody will hear of it."""
        with self.ledger.turn(self._oldest_number) as drops:
            self.is_closed = True
            held = [item for way in self._ways.values() for item in way.emptied()]
            self.waiting.settle(held)
            left = [(item.stream, item.text) for item in (*held, *self.waiting.drain())]
            left += [(call.target, call.event) for _, call in self.early.take(len(self.early))]
            drops.extend(self.ledger.count("gave_up", stream, text) for stream, text in left)
            self.wake()

    def counted(self) -> Stats:
        """A copy of the counts."""
        with self.lock:
            flying = sum(len(items) for way in self._ways.values() for items in way.flying.values())
            return replace(
                self.stats,
                waiting=self.waiting.count - flying + len(self.early),
                in_flight=flying,
                dropped=self.stats.dropped.copy(),
                revision=self.configuration.revision if self.configuration else None,
            )
