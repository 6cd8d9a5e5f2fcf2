"""HDFS as the contract suite sees it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connectors.sinks import hdfs
from connectors.sinks.base import Sink

MARKS: list[Any] = [pytest.mark.services]
COMMIT = "connectors.stores.lake_manifests:Manifests.create"
ROWS = 60  # of a stage of the kill tests: closing a file takes half a second


def make(request: pytest.FixtureRequest, _folder: Path) -> HdfsStore:
    return HdfsStore(request.getfixturevalue("hdfs_server").fresh_root())


@dataclass
class HdfsStore:
    target: hdfs.Target
    options: dict[str, Any] = field(default_factory=dict)

    def sink(self, connector: str = "c1") -> Sink:
        return hdfs.HdfsSink(connector, self.target, hdfs.Options(**self.options))

    def texts(self, stream: str) -> list[str]:
        found = [path for path in self.files(f"/{stream}") if path.endswith(".jsonl")]
        found.sort(key=lambda path: path.rpartition("/")[2])
        return [json.loads(line)["test"] for path in found for line in self.read(path).splitlines()]

    def canaries(self) -> list[tuple[str, str]]:
        markers = [json.loads(self.read(path)) for path in self.files("/_canaries")]
        return [(marker["stream"], marker["id"]) for marker in markers]

    def files(self, below: str) -> list[str]:
        try:
            found = self.client().list_status(f"{self.target.root}{below}", recursive=True)
            return [one.path for one in found if not one.isdir]
        except FileNotFoundError:
            return []

    def read(self, path: str) -> bytes:
        content: bytes = self.client().read(path).read()
        return content

    def client(self) -> Any:
        import hdfs_native

        return hdfs_native.Client(self.target.url)
