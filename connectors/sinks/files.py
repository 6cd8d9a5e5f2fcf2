"""Local files: JSON lines in hourly folders, committed by a manifest that only one writer can make."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from connectors.options import option
from connectors.sinks.base import (
    Canary,
    FencedError,
    Position,
    Row,
    Sink,
    StoreUnavailableError,
    WriteBatch,
    Written,
)
from connectors.stores.file_manifests import (
    DataFile,
    Manifest,
    Manifests,
    create_once,
    file_stem,
    fsync_folder,
    owner_file,
    stream_folder,
    write_durably,
)
from eventplatform.broker.loop import FlushRule
from eventplatform.core.errors import FatalError
from eventplatform.core.names import is_topic_name
from eventplatform.core.records import TopicPartition

_HOURS = "year=*/month=*/day=*/hour=*"
_MEGABYTE = 1024 * 1024
_LAST_MS = 253_402_300_799_000  # the end of year 9999: a producer may write any number into a record's timestamp


class FolderTakenError(FatalError):
    """Another connector writes into this folder."""

    code = "sink.folder_taken"
    message = "The folder {folder} belongs to connector {owner}."
    remedy = "Give each connector a folder of its own."


@dataclass(frozen=True, slots=True)
class Target:
    """Where the files go."""

    root: str = option("Folder, absolute or below the platform's VAR_DIR.", place="folder")


@dataclass(frozen=True, slots=True)
class Options:
    """When a file is closed and its events can be read; the end of an hour closes it anyway."""

    flush_age_seconds: float = option("Seconds that an event may wait until its file is closed.", 300.0, minimum=0)
    flush_megabytes: int = option("Size at which a file is closed, in MB.", 128, minimum=1)
    flush_rows: int = option("Most events in a file; a flush is held in memory.", 50_000, minimum=1)


class FilesSink(Sink):
    """`<stream>/year=…/month=…/day=…/hour=…/….jsonl`, one event a line, by the hour of `meta.dt`.

    A commit has three steps. The data files are written and synced under `.staging`, where no reader looks. The manifest,
    which lists them, is linked to a name made of the *start* offset alone: whoever comes second with that start is fenced.
    Then the files move to their places. `position` finishes a move that a crash interrupted, so readers see committed
    events only, each once.
    """

    title = "Local files"
    guarantee = "Exactly once: a flush is committed by one manifest, created only if absent under the name of its start offset."
    needs_schema = False
    target_type = Target
    options_type = Options

    def __init__(self, connector: str, target: Target, options: Options) -> None:
        self._connector = connector
        self._options = options
        self._root = Path(target.root)
        self._manifests = Manifests(self._root)
        self._last: dict[TopicPartition, Manifest | None] = {}

    @property
    def flush_rule(self) -> FlushRule:
        return FlushRule(self._options.flush_rows, self._options.flush_megabytes * _MEGABYTE, self._options.flush_age_seconds)

    def open(self) -> None:
        with _errors():
            (self._root / "_offsets").mkdir(parents=True, exist_ok=True)
            owner = owner_file(self._root)
            if not owner.exists():
                create_once(owner, self._connector.encode())
            if owner.read_text() != self._connector:
                raise FolderTakenError(folder=self._root, owner=owner.read_text())

    def position(self, where: TopicPartition) -> Position | None:
        with _errors():
            manifest = self._manifests.newest(where)
            if manifest is not None:
                self._publish(manifest)
            self._last[where] = manifest
            self._sweep(where, manifest)
        return manifest.position if manifest else None

    def write(self, batch: WriteBatch) -> Written:
        last = self._last.get(batch.where)
        if (last.position if last else None) != batch.expected:
            raise FencedError(where="/".join(map(str, batch.where)))
        with _errors():
            manifest = Manifest.following(last, batch.after)
            staging = self._staging(batch.where) / manifest.name / uuid.uuid4().hex
            manifest = replace(manifest, files=self._stage(batch, manifest.name, staging), canaries=_canaries(batch))
            if not self._manifests.link(batch.where, manifest):
                shutil.rmtree(staging, ignore_errors=True)
                raise FencedError(where="/".join(map(str, batch.where)))
            self._publish(manifest)
        self._last[batch.where] = manifest
        return Written(len(batch.rows), len(batch.canaries))

    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        with _errors():
            marker = self._marker(stream, event_id)
            if not marker.exists():
                return None
            return datetime.fromisoformat(orjson.loads(marker.read_bytes())["written"])

    def expire(self, stream: str, *, before: datetime) -> int:
        with _errors():
            old = [folder for folder in self._folder(stream).glob(_HOURS) if _end_of(folder) <= before]
            gone = sum(1 for folder in old for _ in folder.glob("*.jsonl"))
            for folder in old:
                shutil.rmtree(folder)
        return gone

    def close(self) -> None:
        self._last.clear()

    def _stage(self, batch: WriteBatch, name: str, staging: Path) -> tuple[DataFile, ...]:
        by_hour: dict[str, list[bytes]] = {}
        for row in batch.rows:
            by_hour.setdefault(_hour(row), []).append(orjson.dumps(row.event, option=orjson.OPT_APPEND_NEWLINE))
        files = []
        stem = file_stem(batch.where.topic)
        try:
            staging.mkdir(parents=True)
            for number, (hour, lines) in enumerate(by_hour.items()):
                write_durably(staging / str(number), lines)
                final = self._folder(batch.stream) / hour / f"{stem}.{batch.where.partition}.{name}.jsonl"
                files.append(DataFile(self._relative(staging / str(number)), self._relative(final), len(lines)))
        except OSError:
            shutil.rmtree(staging, ignore_errors=True)  # on a full disk each try would leave its part
            raise
        return tuple(files)

    def _publish(self, manifest: Manifest) -> None:
        """Move the manifest's files to their places and mark its canaries; what was done before is left as it is."""
        for file in manifest.files:
            temporary, final = self._root / file.temporary, self._root / file.final
            final.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # moved before, by us or by whoever came first
                temporary.rename(final)
                fsync_folder(final.parent)
        for stream, canary_id, sent, written in manifest.canaries:
            marker = self._marker(stream, canary_id)
            if not marker.exists():
                create_once(marker, orjson.dumps({"stream": stream, "id": canary_id, "sent": sent, "written": written}))

    def _sweep(self, where: TopicPartition, newest: Manifest | None) -> None:
        """Remove what killed slices left behind: only under starts that have their manifest, for others may still win."""
        staging = self._staging(where)
        if newest is not None and staging.exists():
            for left in staging.iterdir():
                if left.name <= newest.name:
                    shutil.rmtree(left, ignore_errors=True)

    def _staging(self, where: TopicPartition) -> Path:
        return self._manifests.below(".staging", where)

    def _folder(self, stream: str) -> Path:
        return self._root / stream_folder(stream)

    def _marker(self, stream: str, event_id: str) -> Path:
        safe_id = event_id if is_topic_name(event_id) else uuid.uuid5(uuid.NAMESPACE_URL, event_id).hex
        return self._root / "_canaries" / self._folder(stream).name / f"{safe_id}.json"

    def _relative(self, path: Path) -> str:
        return str(path.relative_to(self._root))


def _end_of(folder: Path) -> datetime:
    """The end of the hour that a folder is named after."""
    year, month, day, hour = (int(part.partition("=")[2]) for part in folder.parts[-4:])
    return datetime(year, month, day, hour, tzinfo=UTC) + timedelta(hours=1)


def _canaries(batch: WriteBatch) -> tuple[tuple[str, str, str, str], ...]:
    written = datetime.now(UTC).isoformat(timespec="milliseconds")
    return tuple(_canary(batch.stream, canary, written) for canary in batch.canaries)


def _canary(stream: str, canary: Canary, written: str) -> tuple[str, str, str, str]:
    return (stream, canary.event_id, canary.sent_at.isoformat(timespec="milliseconds"), written)


def _hour(row: Row) -> str:
    """The folder of the hour in which the platform took the event in: `meta.dt`, or the record's timestamp."""
    meta = row.event.get("meta")
    moment = _moment(meta.get("dt") if isinstance(meta, dict) else None)
    if moment is None:
        moment = datetime.fromtimestamp(min(max(row.record.timestamp_ms, 0), _LAST_MS) / 1000, UTC)
    return f"year={moment.year:04d}/{moment:month=%m/day=%d/hour=%H}"


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (AttributeError, ValueError, OverflowError):
        return None


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailableError(reason=f"{error.strerror or error} ({error.filename or 'no path'})") from error
