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
        self.http("POST", f"/{index}/_refresh")
        answer = self.http("POST", f"/{index}/_search?size=10000")
        found = [hit["_source"] for hit in answer.json()["hits"]["hits"]] if answer.is_success else []
        return sorted(found, key=_place)

    def http(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return httpx.request(method, self.url + path, json=body, verify=False)  # noqa: S501  # plain http: spares reading authorities


def _place(document: dict[str, Any]) -> tuple[int, int]:
    record = document.get("_record", {})
    return record.get("generation", 0), record.get("offset", 0)
