"""S3 as the contract suite sees it: moto in this process, or versitygw where heavy servers are wanted."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connectors.sinks import s3
from connectors.sinks.base import Sink

MARKS: list[Any] = []
COMMIT = "connectors.stores.lake_manifests:Manifests.create"


def make(request: pytest.FixtureRequest, _folder: Path) -> S3Store:
    is_heavy = request.node.get_closest_marker("services") is not None
    server = request.getfixturevalue("s3_gateway" if is_heavy else "moto_server")
    return S3Store(server.fresh_bucket())


@dataclass
class S3Store:
    target: s3.Target
    options: dict[str, Any] = field(default_factory=dict)

    def sink(self, connector: str = "c1") -> Sink:
        return s3.S3Sink(connector, self.target, s3.Options(**self.options))

    def texts(self, stream: str) -> list[str]:
        found = [key for key in self.keys() if key.startswith(f"{stream}/") and key.endswith(".jsonl")]
        found.sort(key=lambda key: key.rpartition("/")[2])
        return [json.loads(line)["test"] for key in found for line in self.read(key).splitlines()]

    def canaries(self) -> list[tuple[str, str]]:
        markers = [json.loads(self.read(key)) for key in self.keys() if key.startswith("_canaries/")]
        return [(marker["stream"], marker["id"]) for marker in markers]

    def keys(self) -> list[str]:
        client = self.client()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.target.bucket)
        return [one["Key"] for page in pages for one in page.get("Contents", ())]

    def read(self, key: str) -> bytes:
        content: bytes = self.client().get_object(Bucket=self.target.bucket, Key=key)["Body"].read()
        return content

    def client(self) -> Any:
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.target.endpoint_url,
            region_name=self.target.region,
            aws_access_key_id=self.target.access_key_id,
            aws_secret_access_key=self.target.secret_access_key,
        )
