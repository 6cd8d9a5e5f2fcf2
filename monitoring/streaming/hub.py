"""All live clients of a process, and the partitions that they follow: what was read once is handed to each of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from eventplatform.core.metrics import STREAM_OUT_CLIENTS, STREAM_OUT_DROPPED, STREAM_OUT_EVENTS
from eventplatform.core.records import Record, TopicPartition
from monitoring.streaming.channels import Channel, Positions, Reading, Wish, Writer
from monitoring.streaming.client import Client, Tally
from monitoring.streaming.entries import Entries
from monitoring.streaming.feeds import Feed
from monitoring.streaming.positions import Position
from monitoring.streaming.starts import Start

_KEPT_BYTES = 32 * 1024 * 1024  # of all feeds together
_LEAST_KEPT_BYTES = 128 * 1024


class Hub:
    """Belongs to the event loop, but for `wanted` and `has_news`."""

    def __init__(self, entries: Entries) -> None:
        self.tally = Tally()
        self.clients: set[Client] = set()
        self.has_news = threading.Event()  # somebody follows a partition that nobody did
        self._entries = entries
        self._feeds: dict[TopicPartition, Feed] = {}
        self._channels: dict[Wish, Channel] = {}
        self._wanted: Mapping[TopicPartition, Feed] = {}

    def wanted(self) -> Mapping[TopicPartition, Feed]:
        """The partitions that are followed; any thread may ask."""
        return self._wanted

    def follow(self, client: Client, starts: Sequence[Start]) -> dict[TopicPartition, Position]:
        """Take a client in; where it begins in each partition. It gets nothing until `join`."""
        now_ms = time.time_ns() // 1_000_000
        begins = {}
        for start in starts:
            feed = self._feeds.get(start.where)
            if feed is not None and feed.log != start.log:
                self.lose([start.where])  # the topic was made anew, and nobody has noticed yet
                feed = self._feeds.get(start.where)
            if feed is None:
                feed = self._feeds[start.where] = Feed(start.where, start.end, start.log, now_ms)
            feed.readers += 1
            is_latest = start.position.offset < 0
            begins[start.where] = Position(feed.position, now_ms) if is_latest else start.position
        self.clients.add(client)
        self._note_wanted()
        return begins

    def logs(self, wish: Wish) -> dict[TopicPartition, str]:
        """The marks of the logs that a wish's partitions are followed on."""
        return {where: self._feeds[where].log for where in wish.partitions}

    def needs_history(self, positions: Mapping[TopicPartition, Position]) -> bool:
        """Whether the log must be read before a client at these positions can join."""
        return not all(self._feeds[where].covers(at.offset) for where, at in positions.items())

    def join(self, client: Client, positions: Positions) -> bool:
        """Put a client among the live ones, with what it lacks until there; False where that isn't at hand.

        Nothing comes between the two, so it misses nothing and gets nothing twice.
        """
        wish = client.writer.wish
        if client.is_gone:
            return True
        if self.needs_history(dict(positions.items())):
            return False
        missing = [self._missing(where, at) for where, at in tuple(positions.items())]
        client.take_all(client.writer.write([one for one in missing if one is not None], positions))
        channel = self._channels.get(wish) or self._open(wish)
        channel.clients.add(client)
        client.writer, client.positions = channel.writer, channel.positions
        for where in wish.partitions:
            self._feeds[where].readers -= 1
        return True

    def dispatch(self, readings: Sequence[Reading], records: Mapping[TopicPartition, Sequence[Record]]) -> None:
        """Hand on what the tail has read; what it read of a partition that was left meanwhile is forgotten."""
        keep = max(_LEAST_KEPT_BYTES, _KEPT_BYTES // max(1, len(self._feeds)))
        touched: dict[Channel, list[Reading]] = {}
        for reading in readings:
            feed = self._feeds.get(reading.where)
            if feed is None or feed.position != reading.offset:
                continue
            feed.advance(records[reading.where], reading.next_offset, keep_bytes=keep)
            for channel in feed.channels:
                touched.setdefault(channel, []).append(reading)
        for channel, fresh in touched.items():
            channel.give(fresh)

    def leave(self, client: Client) -> None:
        """Forget a client; what only it followed is read no more."""
        if client not in self.clients:
            return
        self.clients.discard(client)
        wish = client.writer.wish
        channel = self._channels.get(wish)
        if client.positions is None:
            for where in wish.partitions:
                self._feeds[where].readers -= 1
        elif channel is not None:
            channel.clients.discard(client)
            if not channel.clients:
                del self._channels[wish]
                for where in wish.partitions:
                    self._feeds[where].channels.discard(channel)
        for where in wish.partitions:
            if not self._feeds[where].is_wanted:
                del self._feeds[where]
        self._note_wanted()

    def end_where(self, is_over: Callable[[Client], bool], reason: str) -> None:
        """End some clients politely; they come again and are judged anew."""
        for client in tuple(self.clients):
            if is_over(client):
                client.end(reason)

    def lose(self, gone: Iterable[TopicPartition]) -> None:
        """These partitions are no more what they were: whoever follows them has to begin again."""
        lost = set(gone)
        self.end_where(lambda client: not lost.isdisjoint(client.writer.wish.partitions), "log")

    def beat(self, now: float) -> None:
        """Look after every client, and count; called once a second."""
        for client in tuple(self.clients):
            client.beat(now)
        sent, dropped = self.tally.sent, self.tally.dropped
        self.tally.sent = self.tally.dropped = 0
        STREAM_OUT_EVENTS.inc(sent)
        STREAM_OUT_DROPPED.inc(dropped)
        STREAM_OUT_CLIENTS.set(len(self.clients))

    def _missing(self, where: TopicPartition, at: Position) -> Reading | None:
        feed = self._feeds[where]
        if at.offset == feed.position:
            return None
        found = [self._entries.entry(record) for record in feed.since(at.offset)]
        entries = [entry for entry in found if entry is not None]
        return Reading(where, at.offset, entries, feed.position, feed.timestamp_ms)

    def _open(self, wish: Wish) -> Channel:
        at = {where: Position(self._feeds[where].position, self._feeds[where].timestamp_ms) for where in wish.partitions}
        channel = self._channels[wish] = Channel(Writer(wish), Positions(at, self.logs(wish)))
        for where in wish.partitions:
            self._feeds[where].channels.add(channel)
        return channel

    def _note_wanted(self) -> None:
        before, self._wanted = self._wanted, dict(self._feeds)
        if not before.keys() >= self._wanted.keys():
            self.has_news.set()
