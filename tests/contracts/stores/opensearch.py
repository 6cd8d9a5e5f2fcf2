"""OpenSearch as the contract suite sees it."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.sinks import opensearch
from connectors.sinks.base import Sink

MARKS: list[Any] = [pytest.mark.services]
COMMIT = "connectors.sinks.opensearch:OpenSearchSink._advance"


def make(request: pytest.FixtureRequest, _folder: Path) -> OpenSearchStore:
    return OpenSearchStore(f"http://{request.getfixturevalue('opensearch_server').address}")


class OpenSearchStore:
    def __init__(self, url: str) -> None:
        self.url = url
        self.prefix = f"t{uuid.uuid4().hex[:10]}-"

    def sink(self, connector: str = "c1", **options: Any) -> Sink:
        target = opensearch.Target(self.url)
        return opensearch.OpenSearchSink(
            connector, target, opensearch.Options(prefix=self.prefix, replicas=0, refresh_seconds=0.2, **options)
        )

    def texts(self, stream: str) -> list[str]:
        return [one["test"] for one in self.documents(stream)]

    def documents(self, stream: str) -> list[dict[str, Any]]:
        return self.found(f"{self.prefix}{stream.lower()}")

    def canaries(self) -> list[tuple[str, str]]:
        return [(one["stream"], one["id"]) for one in self.found(f"{self.prefix}@canaries")]

    def found(self, index: str) -> list[dict[str, Any]]:
        """The documents of an index in the log's order."""
        order = [{"_record.generation": {"unmapped_type": "short"}}, {"_record.offset": {"unmapped_type": "long"}}]
        httpx.post(f"{self.url}/{index}/_refresh")
        answer = httpx.post(f"{self.url}/{index}/_search?size=10000", json={"sort": order})
        return [] if answer.status_code == 404 else [hit["_source"] for hit in answer.raise_for_status().json()["hits"]["hits"]]
