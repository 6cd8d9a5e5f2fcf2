"""HDFS: events as files of each hour, committed by a manifest that only one writer can make."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.options import option
from connectors.stores.lake_hdfs import HdfsBlobs
from connectors.stores.lake_options import LakeOptions
from connectors.stores.lake_sink import LakeSink


@dataclass(frozen=True, slots=True)
class Target:
    """Which cluster, and where in it."""

    url: str = option("Address of the NameNode, such as hdfs://namenode:8020, or of a name service that `settings` explains.")
    root: str = option("Folder in HDFS, such as /wmf/data/raw/events.")
    settings: dict[str, str] = option("Hadoop's own settings by name, such as dfs.ha.namenodes.<service>, dfs.replication.", {})


Options = LakeOptions


class HdfsSink(LakeSink):
    """A lake in HDFS, spoken to by its own protocol, without a JVM. The user is the workers' HADOOP_USER_NAME or Kerberos."""

    title = "HDFS"
    summary = "Files of each hour, as lines of JSON or Parquet, in a Hadoop cluster."
    guarantee = (
        "Exactly once: a flush is committed by one manifest, renamed to the name of its start offset, which must be free."
    )
    target_type = Target
    options_type = Options

    def __init__(self, connector: str, target: Target, options: Options) -> None:
        super().__init__(connector, HdfsBlobs(target.url, target.root, target.settings), options)
