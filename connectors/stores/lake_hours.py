"""The book of a stream's hours in a lake: how far they are complete, which are open again, what is just being closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.stores.lake_blobs import BlobStore
from connectors.stores.lake_log import FencedLog
from connectors.stores.lake_paths import hours_folder

_KEPT_HOURS = 14 * 24  # of which the book itself knows how they are; of others the flag in their folder tells
_HOUR = "%Y-%m-%dT%H"


@dataclass(frozen=True, slots=True)
class Merge:
    """Files of an hour that one other file replaces; keys below the root. `rows` are of the new one."""

    inputs: tuple[str, ...]
    temporary: str
    final: str
    rows: int


@dataclass(frozen=True, slots=True)
class Closed:
    """An hour as complete: which files it has (name and rows), since when, how often that was said, what is new."""

    hour: datetime
    revision: int
    files: Mapping[str, int]
    since: datetime
    merges: tuple[Merge, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return sum(self.files.values())

    def flag(self) -> bytes:
        """What stands in the hour's folder."""
        facts = {
            "revision": self.revision,
            "hour": text_of(self.hour),
            "since": self.since.isoformat(timespec="seconds"),
            "rows": self.rows,
            "files": dict(sorted(self.files.items())),
        }
        return orjson.dumps(facts, option=orjson.OPT_INDENT_2)


@dataclass(frozen=True, slots=True)
class Known:
    """How a complete hour is, in short."""

    revision: int
    files: int
    rows: int
    since: str


@dataclass(frozen=True, slots=True)
class Book:
    """One state of the book.

    `seen`: the last manifest of each partition (`topic/partition`) that the book knows. `open`: files, with their rows, that
    came since their hour was last complete. All hours before `until` are complete, but for open ones. `closing`: what was
    decided and may not be done yet. `known`: the youngest complete hours.
    """

    seen: Mapping[str, str] = field(default_factory=dict)
    open: Mapping[datetime, Mapping[str, int]] = field(default_factory=dict)
    until: datetime | None = None
    closing: tuple[Closed, ...] = ()
    known: Mapping[datetime, Known] = field(default_factory=dict)

    def with_files(self, files: Mapping[datetime, Mapping[str, int]], seen: Mapping[str, str]) -> Book:
        """The same after more manifests were read."""
        both = {hour: {**self.open.get(hour, {}), **files.get(hour, {})} for hour in {*self.open, *files}}
        return replace(self, open=both, seen={**self.seen, **seen})

    def revision_of(self, hour: datetime) -> int:
        """How often the hour was said to be complete, as far as the book knows."""
        return self.known[hour].revision if hour in self.known else 0

    def deciding(self, closing: tuple[Closed, ...], unchanged: set[datetime], until: datetime) -> Book:
        """The same with these hours to be closed, and those whose files turned out to be known already."""
        done = {one.hour for one in closing} | unchanged
        known = {one.hour: Known(one.revision, len(one.files), one.rows, _moment(one.since)) for one in closing}
        kept = sorted({**self.known, **known}.items())[-_KEPT_HOURS:]
        left = {hour: files for hour, files in self.open.items() if hour not in done}
        return replace(self, open=left, closing=closing, until=until, known=dict(kept))

    def as_json(self) -> bytes:
        facts = {
            "seen": self.seen,
            "open": {text_of(hour): files for hour, files in self.open.items()},
            "until": text_of(self.until) if self.until else None,
            "closing": [{**asdict(one), "hour": text_of(one.hour), "since": _moment(one.since)} for one in self.closing],
            "known": {text_of(hour): asdict(known) for hour, known in self.known.items()},
        }
        return orjson.dumps(facts)

    @classmethod
    def from_json(cls, text: bytes) -> Book:
        found: dict[str, Any] = orjson.loads(text)
        return cls(
            seen=found["seen"],
            open={hour_of_text(hour): files for hour, files in found["open"].items()},
            until=hour_of_text(found["until"]) if found["until"] else None,
            closing=tuple(_closed(one) for one in found["closing"]),
            known={hour_of_text(hour): Known(**known) for hour, known in found["known"].items()},
        )


class Books:
    """The books of a lake, one for each stream; whoever writes a state that another wrote meanwhile is fenced."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def newest(self, stream: str) -> tuple[int, Book]:
        """The number of the newest state (0: none yet) and that state."""
        found = self._log(stream).newest()
        return (int(found[0]), Book.from_json(found[1])) if found else (0, Book())

    def append(self, stream: str, number: int, book: Book) -> bool:
        """Make this the newest state; False where another tick was first. Older ones are forgotten."""
        log = self._log(stream)
        if not log.append(_name(number), book.as_json()):
            return False
        log.prune([name for name in log.names() if int(name) < number])
        return True

    def _log(self, stream: str) -> FencedLog:
        return FencedLog(self._blobs, hours_folder(stream))


def text_of(hour: datetime) -> str:
    return hour.strftime(_HOUR)


def hour_of_text(text: str) -> datetime:
    return datetime.strptime(text, _HOUR).replace(tzinfo=UTC)


def _closed(found: dict[str, Any]) -> Closed:
    merges = tuple(Merge(tuple(one["inputs"]), one["temporary"], one["final"], one["rows"]) for one in found["merges"])
    since = datetime.fromisoformat(found["since"])
    return Closed(hour_of_text(found["hour"]), found["revision"], found["files"], since, merges, tuple(found["added"]))


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _name(number: int) -> str:
    return f"{number:012d}"
