"""Local files: events in hourly folders, committed by a manifest that only one writer can make."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.options import option
from connectors.stores.lake_iceberg import Iceberg
from connectors.stores.lake_local import LocalBlobs
from connectors.stores.lake_options import LakeOptions
from connectors.stores.lake_sink import LakeSink


@dataclass(frozen=True, slots=True)
class Target:
    """Where the files go."""

    root: str = option("Folder, absolute or below the platform's VAR_DIR.", place="folder")
    iceberg_catalog_uri: str = option(
        "Catalog in which complete hours of Parquet are registered as Iceberg tables: a REST catalog's address, or a "
        "database such as postgresql+psycopg://user:password@host/catalog; empty: none.",
        "",
        secret=True,
    )


Options = LakeOptions


class FilesSink(LakeSink):
    """A lake in a folder of this machine, or of a disk that all workers share."""

    title = "Local files"
    summary = "Files of each hour, as lines of JSON or Parquet, in a folder."
    guarantee = "Exactly once: a flush is committed by one manifest, created only if absent under the name of its start offset."
    target_type = Target
    options_type = Options

    def __init__(self, connector: str, target: Target, options: Options) -> None:
        super().__init__(
            connector, LocalBlobs(target.root), options, Iceberg(target.iceberg_catalog_uri, options.iceberg_namespace)
        )
        self._root = target.root

    @property
    def place(self) -> str:
        return self._root
