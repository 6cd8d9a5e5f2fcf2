"""All schemas of one moment: immutable, compiled one by one when first asked for."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eventplatform.core.names import split_schema_id, version_key
from registry.compiled import Schema
from registry.formats import FormatMode


@dataclass(frozen=True, slots=True)
class SchemaSource:
    """A version before it is compiled: its self-contained document as JSON text, and a hash of that."""

    schema_id: str
    repository: str
    document_text: str
    content_hash: str


class SchemaSet:
    """Finds schemas by id and title. An unknown id is answered from a dict and leaves no trace."""

    def __init__(
        self,
        sources: Iterable[SchemaSource] = (),
        *,
        revision: int = 0,
        format_mode: FormatMode = "ajv6",
        previous: SchemaSet | None = None,
    ) -> None:
        self.revision = revision
        self.format_mode: FormatMode = format_mode
        self._sources = {source.schema_id: source for source in sources}
        self._titles = _versions_by_title(self._sources)
        self._compiled = self._kept(previous)
        self._lock = threading.Lock()

    def get(self, schema_id: str) -> Schema | None:
        """The schema of that id, compiled on first use."""
        schema = self._compiled.get(schema_id)
        if schema is None and schema_id in self._sources:
            return self._compile(self._sources[schema_id])
        return schema

    def latest(self, title: str) -> Schema | None:
        """The newest version of a title."""
        versions = self._titles.get(title)
        return self.get(f"/{title}/{versions[-1]}") if versions else None

    def versions(self, title: str) -> tuple[str, ...]:
        """The versions of a title, oldest first."""
        return self._titles.get(title, ())

    def titles(self) -> tuple[str, ...]:
        """All titles in order."""
        return tuple(self._titles)

    def canary_example(self, title: str) -> dict[str, Any] | None:
        """A fresh copy of the first example of the newest version: what a canary sends."""
        schema = self.latest(title)
        return copy.deepcopy(schema.examples[0]) if schema and schema.examples else None

    def __len__(self) -> int:
        return len(self._sources)

    def _compile(self, source: SchemaSource) -> Schema:
        with self._lock:  # two threads asking for the same new schema compile it once
            schema = self._compiled.get(source.schema_id)
            if schema is None:
                document = json.loads(source.document_text)
                schema = Schema(document, repository=source.repository, format_mode=self.format_mode)
                self._compiled[source.schema_id] = schema
            return schema

    def _kept(self, previous: SchemaSet | None) -> dict[str, Schema]:
        """What the set before this one compiled and this one holds unchanged."""
        if previous is None or previous.format_mode != self.format_mode:
            return {}
        compiled = dict(previous._compiled)  # noqa: SLF001  # one class; a copy, as other threads may still be compiling there
        return {i: schema for i, schema in compiled.items() if self._sources.get(i) == previous._sources[i]}  # noqa: SLF001  # likewise


def _versions_by_title(schema_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for schema_id in schema_ids:
        title, version = split_schema_id(schema_id)
        found.setdefault(title, []).append(version)
    return {title: tuple(sorted(found[title], key=version_key)) for title in sorted(found)}
