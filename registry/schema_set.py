"""All schemas of one moment: immutable, compiled one by one when first asked for."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from eventplatform.core.names import split_schema_id, version_key
from registry.compiled import Schema
from registry.formats import FormatMode
from registry.packing import unpack


@dataclass(frozen=True, slots=True)
class SchemaSource:
    """A version before it is compiled: its self-contained document as packed JSON, a hash of that, and its own title."""

    schema_id: str
    repository: str
    packed: bytes
    content_hash: str
    own_title: str = ""


class SchemaSet:
    """Finds schemas by id and title. An unknown id is answered from a dict and leaves no trace.

    A title is the one of the ids, or one that documents give themselves; where both claim it, it is the ids'.
    """

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
        self._titles = _ids_by(self._sources, lambda schema_id: split_schema_id(schema_id)[0])
        self._other_titles = _ids_by(self._sources, lambda schema_id: self._sources[schema_id].own_title)
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
        found = self._find(title)
        return self.get(found[-1]) if found else None

    def versions(self, title: str) -> tuple[str, ...]:
        """The versions of a title, oldest first."""
        return tuple(split_schema_id(schema_id)[1] for schema_id in self._find(title))

    def has_title(self, title: str) -> bool:
        """Whether any version is found under that title."""
        return bool(self._find(title))

    def names_of(self, title: str) -> frozenset[str]:
        """All titles of the versions that are found under one."""
        found = self._find(title)
        return frozenset(name for i in found for name in (split_schema_id(i)[0], self._sources[i].own_title) if name)

    def owner(self, title: str) -> str:
        """The repository that a title belongs to; empty for a title that is free."""
        found = self._find(title)
        return self._sources[found[0]].repository if found else ""

    def titles(self) -> tuple[str, ...]:
        """All titles of ids, in order."""
        return tuple(self._titles)

    def canary_example(self, title: str) -> dict[str, Any] | None:
        """A fresh copy of the first example of the newest version: what a canary sends."""
        schema = self.latest(title)
        return copy.deepcopy(schema.examples[0]) if schema and schema.examples else None

    def __len__(self) -> int:
        return len(self._sources)

    def _find(self, title: str) -> tuple[str, ...]:
        """The ids under a title, oldest version first."""
        return self._titles.get(title) or (self._other_titles.get(title, ()) if title else ())

    def _compile(self, source: SchemaSource) -> Schema:
        with self._lock:  # two threads asking for the same new schema compile it once
            schema = self._compiled.get(source.schema_id)
            if schema is None:
                document = json.loads(unpack(source.packed))
                schema = Schema(document, repository=source.repository, format_mode=self.format_mode)
                self._compiled[source.schema_id] = schema
            return schema

    def _kept(self, previous: SchemaSet | None) -> dict[str, Schema]:
        """What the set before this one compiled and this one holds unchanged."""
        if previous is None or previous.format_mode != self.format_mode:
            return {}
        compiled = dict(previous._compiled)  # noqa: SLF001  # one class; a copy, as other threads may still be compiling there
        return {i: schema for i, schema in compiled.items() if self._sources.get(i) == previous._sources[i]}  # noqa: SLF001  # likewise


def _ids_by(schema_ids: Iterable[str], title_of: Callable[[str], str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for schema_id in schema_ids:
        found.setdefault(title_of(schema_id), []).append(schema_id)
    return {title: tuple(sorted(found[title], key=_age)) for title in sorted(found)}


def _age(schema_id: str) -> tuple[tuple[int, ...], str]:
    title, version = split_schema_id(schema_id)
    return version_key(version), title
