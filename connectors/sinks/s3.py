"""S3: events as files of each hour in a bucket, committed by a manifest that only one writer can make."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.options import option
from connectors.stores.lake_iceberg import Iceberg
from connectors.stores.lake_options import LakeOptions
from connectors.stores.lake_s3 import S3Blobs
from connectors.stores.lake_sink import LakeSink


@dataclass(frozen=True, slots=True)
class Target:
    """Which bucket, and by which keys."""

    bucket: str = option("The bucket; it must be there.")
    prefix: str = option("What all keys begin with, such as raw/events.", "")
    endpoint_url: str = option("Address of a store that speaks S3; empty for Amazon's own.", "", place="server")
    region: str = option("Region; empty: as the workers' environment says.", "")
    access_key_id: str = option("Access key; empty: as the workers' environment or role says.", "")
    secret_access_key: str = option("The access key's secret.", "", secret=True)
    path_style: bool = option("Name the bucket in the path, as most stores that are not Amazon's want it.", False)
    iceberg_catalog_uri: str = option(
        "Catalog in which complete hours of Parquet are registered as Iceberg tables: a REST catalog's address, or a "
        "database such as postgresql+psycopg://user:password@host/catalog; empty: none.",
        "",
        secret=True,
    )


Options = LakeOptions


class S3Sink(LakeSink):
    """A lake in a bucket of S3, or of a store that honours `If-None-Match: *` when something is put."""

    title = "S3"
    summary = "Files of each hour, as lines of JSON or Parquet, in a bucket."
    guarantee = (
        "Exactly once: a flush is committed by one manifest, put with If-None-Match: * under the name of its start offset."
    )
    target_type = Target
    options_type = Options

    def __init__(self, connector: str, target: Target, options: Options) -> None:
        blobs = S3Blobs(
            target.bucket,
            target.prefix,
            endpoint=target.endpoint_url,
            region=target.region,
            credentials=(target.access_key_id, target.secret_access_key),
            path_style=target.path_style,
        )
        files = {
            "s3.endpoint": target.endpoint_url,
            "s3.region": target.region,
            "s3.access-key-id": target.access_key_id,
            "s3.secret-access-key": target.secret_access_key,
            "s3.force-virtual-addressing": "" if target.path_style else "true",
        }
        told = {name: value for name, value in files.items() if value}
        super().__init__(connector, blobs, options, Iceberg(target.iceberg_catalog_uri, options.iceberg_namespace, told))
