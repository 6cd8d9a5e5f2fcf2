"""Local files as the contract suite sees them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from connectors.sinks import files
from connectors.sinks.base import Sink

MARKS: list[Any] = []
COMMIT = "connectors.stores.lake_manifests:Manifests.create"


def make(_request: pytest.FixtureRequest, folder: Path) -> FilesStore:
    return FilesStore(folder)


class FilesStore:
    def __init__(self, root: Path) -> None:
        self.root = root

    def sink(self, connector: str = "c1") -> Sink:
        return files.FilesSink(connector, files.Target(str(self.root)), files.Options())

    def texts(self, stream: str) -> list[str]:
        found = sorted((self.root / stream).rglob("*.jsonl"), key=lambda path: path.name)
        return [json.loads(line)["test"] for path in found for line in path.read_text().splitlines()]

    def canaries(self) -> list[tuple[str, str]]:
        markers = [json.loads(path.read_text()) for path in (self.root / "_canaries").rglob("*.json")]
        return [(marker["stream"], marker["id"]) for marker in markers]

    def data_files(self) -> list[str]:
        return sorted(os.fspath(path.relative_to(self.root)) for path in self.root.rglob("*.jsonl"))
