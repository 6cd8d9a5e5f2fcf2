"""Closes the hours of a stream in a lake: finds what came, decides what is complete, merges, raises flags.

Each run reads the manifests that are new, and writes two states of the book (`lake_hours`): one that says what is to be
done, one that says it is done. Whatever was decided can be done again and again, so a run that is killed anywhere is finished
by the next one, and one that wakes too late harms nothing. Manifests that the book knows are pruned, but for the newest.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from connectors.sinks.base import FencedError, StoreUnavailableError
from connectors.stores import lake_paths
from connectors.stores.lake_blobs import Blob
from connectors.stores.lake_flags import newest_flag, raise_flag
from connectors.stores.lake_hours import Book, Books, Closed, Merge
from connectors.stores.lake_manifests import Manifest
from connectors.stores.lake_merging import Merger
from connectors.stores.lake_sink import LakeSink
from eventplatform.core.records import TopicPartition

log = logging.getLogger(__name__)

_MOST_MANIFESTS = 5_000  # of a partition, read in one run; the rest waits for the next
_MOST_HOURS = 200  # closed in one run
_FIRST_LOOK = timedelta(days=7)  # how far back empty hours count, too, when a lake of former times gets its first book
_MEGABYTE = 1024 * 1024
_HOUR = timedelta(hours=1)

_AHEAD = timedelta(days=2)  # hours beyond that are some producer's wrong clock, and get no flag
_ENOUGH_NEWS = 100  # manifests; fewer are read again rather than written down while nothing is to be closed

# True where everything that the log took in before the moment is stored, by the stored offsets.
IsReached = Callable[[Mapping[TopicPartition, int | None], datetime], bool]


@dataclass(frozen=True, slots=True)
class Closer:
    """Closes hours of one stream, whose records come from these partitions."""

    sink: LakeSink
    stream: str
    partitions: Collection[TopicPartition]
    is_reached: IsReached

    def run(self, now: datetime) -> tuple[Closed, ...]:
        """One run; the hours that it closed.

        Raises:
            FencedError: another run is at it; nothing is lost.
        """
        books = Books(self.sink.blobs)
        number, book = books.newest(self.stream)
        self._apply(book)
        newest = {where: self.sink.settled(where) for where in self.partitions}
        observed, news = self._observed(replace(book, closing=()), newest, now)
        stored = {where: manifest.position.next_offset if manifest else None for where, manifest in newest.items()}
        decided = self._decided(observed, stored, now) if _knows(observed, newest) else observed
        if not (book.closing or decided.closing or decided.until != book.until or news >= _ENOUGH_NEWS):
            return ()
        self._append(books, number + 1, decided)
        self._apply(decided)
        if decided.closing:
            self._append(books, number + 2, replace(decided, closing=()))
        self._prune(decided)
        return decided.closing

    def _observed(self, book: Book, newest: Mapping[TopicPartition, Manifest | None], now: datetime) -> tuple[Book, int]:
        """The book with the files of manifests that are new to it, up to the newest one; and how many those are."""
        files: dict[datetime, dict[str, int]] = {}
        seen: dict[str, str] = {}
        news = 0
        for where, last in newest.items():
            manifests, known = self.sink.manifests.log(where), book.seen.get(_place(where), "")
            names = sorted(name for name in manifests.names(after=known) if last and name <= last.name)
            for name in names[:_MOST_MANIFESTS]:
                content = manifests.read(name)
                for file in Manifest.from_json(content).files if content else ():
                    hour = lake_paths.hour_of(file.final)
                    if hour is not None and hour < now + _AHEAD:
                        files.setdefault(hour, {})[file.final.rpartition("/")[2]] = file.rows
                seen[_place(where)] = name
                news += 1
        return book.with_files(files, seen), news

    def _decided(self, book: Book, stored: Mapping[TopicPartition, int | None], now: datetime) -> Book:
        since = book.until or self._beginning(book, now)
        until = since
        grace = timedelta(minutes=self.sink.options.grace_minutes)
        while (until - since) / _HOUR < _MOST_HOURS and until + _HOUR + grace <= now:
            if not self.is_reached(stored, until + _HOUR + grace):
                break
            until += _HOUR
        fresh = [since + index * _HOUR for index in range(round((until - since) / _HOUR))]
        again = sorted(hour for hour in book.open if hour < since)[: _MOST_HOURS - len(fresh)]
        closing = {hour: self._closed(book, hour, now) for hour in (*fresh, *again)}
        unchanged = {hour for hour, closed in closing.items() if closed is None}
        return book.deciding(tuple(closed for closed in closing.values() if closed is not None), unchanged, until)

    def _beginning(self, book: Book, now: datetime) -> datetime:
        """The first hour that is watched: of the first file, or this one where there is none yet."""
        this = now.replace(minute=0, second=0, microsecond=0)
        return max(min((*book.open, this)), this - _FIRST_LOOK)

    def _closed(self, book: Book, hour: datetime, now: datetime) -> Closed | None:
        """The hour as complete; None where nothing came since that was said."""
        folder = lake_paths.hour_folder(self.stream, hour)
        there = {one.name: one for one in self.sink.blobs.files(folder) if lake_paths.is_data(one.name)}
        flag = newest_flag(self.sink.blobs, self.stream, hour)
        before: dict[str, int] = flag["files"] if flag else {}
        came = {name: rows for name, rows in book.open.get(hour, {}).items() if name in there and name not in before}
        if flag and not came:
            return None
        merges = self._merges(hour, [there[name] for name in came], came)
        replaced = {key.rpartition("/")[2] for merge in merges for key in merge.inputs}
        added = {
            **{name: rows for name, rows in came.items() if name not in replaced},
            **{merge.final.rpartition("/")[2]: merge.rows for merge in merges},
        }
        revision = max(flag["revision"] if flag else 0, book.revision_of(hour)) + 1
        return Closed(hour, revision, {**before, **added}, now.astimezone(UTC), merges, tuple(added))

    def _merges(self, hour: datetime, files: list[Blob], rows: Mapping[str, int]) -> tuple[Merge, ...]:
        if not self.sink.options.compact or len(files) < 2:  # noqa: PLR2004  # one file is few enough
            return ()
        form = self.sink.format(self.stream)
        merger = Merger(self.sink.blobs, self.stream, form, self.sink.options.flush_megabytes * _MEGABYTE)
        merger.sweep()
        return merger.merge(hour, files, rows)

    def _apply(self, book: Book) -> None:
        """Do what was decided; what was done before is left as it is."""
        for closed in book.closing:
            self._finish(closed)
        self.sink.register(self.stream, book.closing)

    def _finish(self, closed: Closed) -> None:
        blobs = self.sink.blobs
        for merge in closed.merges:
            blobs.move(merge.temporary, merge.final)
            if any(blobs.exists(key) for key in merge.inputs) and not blobs.exists(merge.final):
                raise StoreUnavailableError(reason=f"{merge.final} is missing; what it replaces stays")
            for key in merge.inputs:
                blobs.delete(key)
        if closed.files or self._has_data():
            raise_flag(blobs, self.stream, closed)
        log.info("hour.closed", extra={"stream": self.stream, "hour": closed.hour, "revision": closed.revision})

    def _has_data(self) -> bool:
        """False for a stream without a single file so far: nobody waits for flags of empty hours there; the book has them."""
        return any(True for _ in self.sink.blobs.folders(lake_paths.stream_folder(self.stream)))

    def _append(self, books: Books, number: int, book: Book) -> None:
        if not books.append(self.stream, number, book):
            raise FencedError(where=f"The book of {self.stream}'s hours")

    def _prune(self, book: Book) -> None:
        """Forget manifests that the book knows; the newest one is the position."""
        for where in self.partitions:
            manifests = self.sink.manifests.log(where)
            seen = book.seen.get(_place(where), "")
            manifests.prune([name for name in sorted(manifests.names())[:-1] if name <= seen])


def _knows(book: Book, newest: Mapping[TopicPartition, Manifest | None]) -> bool:
    """False where manifests wait for the next run: hours would be complete without their files."""
    return all(last is None or book.seen.get(_place(where)) == last.name for where, last in newest.items())


def _place(where: TopicPartition) -> str:
    return f"{where.topic}/{where.partition}"
