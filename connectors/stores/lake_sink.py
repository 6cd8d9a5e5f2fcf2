"""The sink of every lake: files in hourly folders, committed by a manifest that only one writer can make."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from connectors.mapping.preview import Preview
from connectors.mapping.previewing import preview_texts
from connectors.sinks.base import (
    Canary,
    FencedError,
    Position,
    Row,
    Sink,
    UpsertUnsupportedError,
    WriteBatch,
    Written,
)
from connectors.steering import Steering
from connectors.stores import lake_paths
from connectors.stores.lake_blobs import BlobStore
from connectors.stores.lake_formats import Format, Lines
from connectors.stores.lake_hours import Closed
from connectors.stores.lake_iceberg import Iceberg
from connectors.stores.lake_manifests import Manifest, Manifests
from connectors.stores.lake_options import LakeOptions
from connectors.stores.lake_paths import STAGING, below
from connectors.stores.lake_schemas import Schemas
from connectors.stores.lake_staging import by_hour, stage
from connectors.stores.lake_times import hour_of
from eventplatform.broker.loop import FlushRule
from eventplatform.core.errors import FatalError
from eventplatform.core.records import TopicPartition

if TYPE_CHECKING:
    from connectors.stores.lake_parquet import Table

_MEGABYTE = 1024 * 1024


class FolderTakenError(FatalError):
    """Another connector writes into this folder."""

    code = "sink.folder_taken"
    message = "The folder {folder} belongs to connector {owner}."
    remedy = "Give each connector a folder of its own."


class LakeSink(Sink):
    """`<stream>/year=…/month=…/day=…/hour=…/…`, by the hour of `meta.dt` or of another time that the options name.

    A commit has three steps. The data files are written durably under `.staging`, where no reader looks. The manifest,
    which lists them, is made, only if absent, under a name of the *start* offset alone: whoever comes second with that start
    is fenced. Then the files move to their places. `position` finishes a move that a crash interrupted, so readers see
    committed events only, each once.
    """

    can_backfill = False  # one manifest for each start offset, whoever writes

    def __init__(self, connector: str, blobs: BlobStore, options: LakeOptions, iceberg: Iceberg | None = None) -> None:
        self.connector = connector
        self.options = options
        self.blobs = blobs
        self.manifests = Manifests(blobs)
        self.schemas = Schemas(blobs)
        self._iceberg = iceberg if iceberg is not None and iceberg.uri and options.format == "parquet" else None
        self._compression = options.compression_used
        self._last: dict[TopicPartition, Manifest | None] = {}

    @property
    def place(self) -> str:
        """Where the lake is, for people."""
        return self.blobs.address("x").removesuffix("/x")

    @property
    def needs_schema(self) -> bool:  # type: ignore[override]  # depends on the format: lines take events of any schema
        return self.options.format == "parquet"

    @property
    def flush_rule(self) -> FlushRule:
        return FlushRule(self.options.flush_rows, self.options.flush_megabytes * _MEGABYTE, self.options.flush_age_seconds)

    def open(self) -> None:
        self.blobs.open()
        self._former_owner_moves()
        self.blobs.create_if_absent(lake_paths.OWNER, self.connector.encode())
        owner = (self.blobs.read(lake_paths.OWNER) or b"").decode()
        if owner != self.connector:
            raise FolderTakenError(folder=self.place, owner=owner)

    def check(self) -> None:
        """Only reads: opening would make the folder this connector's."""
        self.blobs.open()
        try:
            self.blobs.read(lake_paths.OWNER)
        finally:
            self.blobs.close()

    def position(self, where: TopicPartition) -> Position | None:
        manifest = self.settled(where)
        self._last[where] = manifest
        self._sweep(where, manifest)
        return manifest.position if manifest else None

    def settled(self, where: TopicPartition) -> Manifest | None:
        """The newest manifest; its files, and those of all before it, are where they belong."""
        manifest = self.manifests.newest(where)
        if manifest is not None:
            self._publish(manifest)
        return manifest

    def prepare(self, stream: str, schema_id: str, document: Mapping[str, Any], steering: Steering) -> None:  # noqa: ARG002  # the contract's
        if self.needs_schema:
            self.schemas.evolve(stream, document, is_frozen=steering.columns != "evolve")

    def preview(
        self,
        stream: str,
        schemas: Mapping[str, Mapping[str, Any]],  # noqa: ARG002  # the contract's
        rows: Sequence[Row],
        steering: Steering,
    ) -> Preview | None:
        if steering.is_upsert:
            raise UpsertUnsupportedError(stream=stream, reason="files only grow")
        if self.needs_schema:  # Parquet's columns are nested, and told by no table
            return None

        def place(row: Row) -> str:
            return f"{self.place}/{lake_paths.hour_folder(stream, hour_of(row, self.options.time_path))}"

        return preview_texts(rows, place=place, text=lambda row: orjson.dumps(row.event).decode())

    def write(self, batch: WriteBatch) -> Written:
        if batch.steering.is_upsert:
            raise UpsertUnsupportedError(stream=batch.stream, reason="files only grow")
        lake_paths.stream_folder(batch.stream)  # refused now, not when its canaries are to be marked
        last = self._last.get(batch.where)
        if (last.position if last else None) != batch.expected:
            raise FencedError(where="/".join(map(str, batch.where)))
        form = self.format(batch.stream)
        shaped, discarded = form.shaped(batch)
        manifest = Manifest.following(last, batch.after)
        staging = f"{below(STAGING, batch.where)}/{manifest.name}/{uuid.uuid4().hex}"
        stem = f"{lake_paths.file_stem(batch.where.topic)}.{batch.where.partition}.{manifest.name}"
        hours = by_hour(batch, shaped, self.options.time_path)
        manifest = replace(manifest, files=stage(self.blobs, form, hours, stem, staging), canaries=_canaries(batch))
        if not self.manifests.create(batch.where, manifest):
            self.blobs.delete_folder(staging)
            raise FencedError(where="/".join(map(str, batch.where)))
        self._publish(manifest)
        self._last[batch.where] = manifest
        return Written(len(batch.rows), len(batch.canaries), discarded)

    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        marker = self.blobs.read(lake_paths.canary_marker(stream, event_id))
        return datetime.fromisoformat(orjson.loads(marker)["written"]) if marker else None

    def expire(self, stream: str, *, before: datetime) -> int:
        gone = 0
        for hour in list(lake_paths.hours(self.blobs, stream, until=before)):
            folder = lake_paths.hour_folder(stream, hour)
            if self._iceberg is not None:
                self._iceberg.forget(self.blobs, stream, folder)
            gone += sum(1 for file in self.blobs.files(folder) if lake_paths.is_data(file.name))
            self.blobs.delete_folder(folder)
        return gone

    def register(self, stream: str, hours: Sequence[Closed]) -> None:
        """Have files of complete hours known to the catalog of Iceberg, where the target names one."""
        if self._iceberg is not None and any(one.added for one in hours):
            self._iceberg.add(self.blobs, stream, self._table(stream).schema, hours)

    def close(self) -> None:
        self._last.clear()
        self.blobs.close()

    def format(self, stream: str) -> Format:
        """What files of the stream look like."""
        return self._table(stream) if self.needs_schema else Lines(self._compression)

    def _table(self, stream: str) -> Table:
        from connectors.stores.lake_parquet import Table

        return Table(self.schemas.columns(stream), self._compression)

    def _publish(self, manifest: Manifest) -> None:
        """Move the manifest's files to their places and mark its canaries; what was done before is left as it is."""
        for file in manifest.files:
            self.blobs.move(file.temporary, file.final)
        for stream, canary_id, sent, written in manifest.canaries:
            marker = {"stream": stream, "id": canary_id, "sent": sent, "written": written}
            self.blobs.create_if_absent(lake_paths.canary_marker(stream, canary_id), orjson.dumps(marker))

    def _sweep(self, where: TopicPartition, newest: Manifest | None) -> None:
        """Remove what killed slices left behind: only under starts that have their manifest, for others may still win."""
        if newest is None:
            return
        staging = below(STAGING, where)
        for left in list(self.blobs.folders(staging)):
            if left <= newest.name:
                self.blobs.delete_folder(f"{staging}/{left}")

    def _former_owner_moves(self) -> None:
        """The owner's file had a name that a topic may have; lakes of that time are local folders."""
        if self.blobs.exists(lake_paths.FORMER_OWNER):
            self.blobs.move(lake_paths.FORMER_OWNER, lake_paths.OWNER)


def _canaries(batch: WriteBatch) -> tuple[tuple[str, str, str, str], ...]:
    written = datetime.now(UTC).isoformat(timespec="milliseconds")
    return tuple(_canary(batch.stream, canary, written) for canary in batch.canaries)


def _canary(stream: str, canary: Canary, written: str) -> tuple[str, str, str, str]:
    return (stream, canary.event_id, canary.sent_at.isoformat(timespec="milliseconds"), written)
