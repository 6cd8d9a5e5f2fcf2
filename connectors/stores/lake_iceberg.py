"""Complete hours of Parquet files as snapshots of Iceberg tables, one for each stream; each file is added once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.sinks.base import StoreUnavailableError
from connectors.stores.lake_blobs import BlobStore
from connectors.stores.lake_hours import Closed, text_of
from connectors.stores.lake_paths import TABLES, hour_folder
from eventplatform.core.errors import FatalError

if TYPE_CHECKING:
    import pyarrow as pa

_OWNER = "eventplatform.stream"


class TableTakenError(FatalError):
    """An Iceberg table of that name belongs to something else."""

    code = "lake.table_taken"
    message = "The Iceberg table {table} is not that of stream {stream}."
    remedy = "Rename or drop that table, or give the connector another iceberg_namespace."


class IcebergMissingError(FatalError):
    """The package that speaks to Iceberg's catalogs is not installed."""

    code = "lake.iceberg_missing"
    message = "Registering hours as Iceberg tables needs the package pyiceberg, which is not installed."
    remedy = "Install it on every worker: pip install 'pyiceberg[sql-postgres]'"


@dataclass(frozen=True, slots=True)
class Iceberg:
    """A catalog. `files` are pyiceberg's own settings of how to reach files there; both may hold passwords."""

    uri: str
    namespace: str
    files: Mapping[str, str] = field(default_factory=dict)

    def add(self, blobs: BlobStore, stream: str, schema: pa.Schema, hours: Iterable[Closed]) -> None:
        """Add what came with these hours, in one snapshot that names them; nothing where it is there already.

        Raises:
            StoreUnavailableError: the catalog is away, or another commit was quicker.
        """
        hours = tuple(hours)
        paths = [blobs.address(f"{hour_folder(stream, one.hour)}/{name}") for one in hours for name in one.added]
        if not paths:
            return
        with _Errors():
            table = self._table(blobs, stream, schema)
            there = {task.file.file_path for task in table.scan().plan_files()}
            if new := [path for path in paths if path not in there]:
                said = ", ".join(f"{text_of(one.hour)} r{one.revision}" for one in hours if one.added)
                table.add_files(new, snapshot_properties={"eventplatform.hours": said})

    def forget(self, blobs: BlobStore, stream: str, folder: str) -> None:
        """Take files of a folder that will be deleted out of the table."""
        with _Errors():
            name = self._name(stream)
            catalog = self._catalog(blobs)
            if not catalog.table_exists(name):
                return
            table, place = catalog.load_table(name), f"{blobs.address(folder)}/"
            gone = [task.file for task in table.scan().plan_files() if task.file.file_path.startswith(place)]
            if gone:
                with table.transaction() as changes, changes.update_snapshot().overwrite() as snapshot:
                    for file in gone:
                        snapshot.delete_data_file(file)

    def _table(self, blobs: BlobStore, stream: str, schema: pa.Schema) -> Any:
        """The stream's table with all columns of the schema."""
        catalog = self._catalog(blobs)
        catalog.create_namespace_if_not_exists(self.namespace)
        name = self._name(stream)
        table = catalog.create_table_if_not_exists(name, schema=schema, properties={_OWNER: stream})
        if table.properties.get(_OWNER) != stream:
            raise TableTakenError(table=".".join(name), stream=stream)
        with table.update_schema() as columns:
            columns.union_by_name(schema)
        return table

    def _name(self, stream: str) -> tuple[str, str]:
        return self.namespace, stream.lower().replace(".", "_").replace("-", "_")

    def _catalog(self, blobs: BlobStore) -> Any:
        try:
            from pyiceberg.catalog import load_catalog
        except ModuleNotFoundError as error:
            raise IcebergMissingError from error
        return load_catalog("eventplatform", uri=self.uri, warehouse=blobs.address(TABLES), **self.files)


class _Errors:
    """What a catalog says, it may not say the next time; its words may hold its password, and are not told."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, FatalError):
            raise StoreUnavailableError(reason=f"Iceberg's catalog says {type(error).__name__}") from None
