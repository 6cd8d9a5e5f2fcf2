"""All schemas of one moment: immutable, compiled one by one when first asked for."""

from __future__ import annotations

import copy
import json
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from eventplatform.core.names import split_schema_id, version_key
from registry.schema.compiled import Schema
from registry.schema.deprecation import Deprecation, Deprecations
from registry.schema.formats import FormatMode
from registry.schema.packing import unpack


@dataclass(frozen=True, slots=True)
class SchemaSource:
    """A version before it is compiled: its self-contained document as packed JSON, a hash of that, and its own title."""

    schema_id: str
    repository: str
    packed: bytes
    content_hash: str
    own_title: str = ""

    @property
    def document(self) -> dict[str, Any]:
        """The self-contained document, read anew each time: for who needs it once, and judges no event by it."""
        found: dict[str, Any] = json.loads(unpack(self.packed))
        return found


@dataclass(frozen=True, slots=True)
class _Index:
    """Versions by id, and their ids, oldest first, by the title of the id and by the document's own."""

    sources: Mapping[str, SchemaSource] = field(default_factory=dict)
    titles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own_titles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def plus(self, added: Iterable[SchemaSource]) -> _Index:
        """With more versions, at the price of copying three dicts: nothing else is looked at again."""
        new = {source.schema_id: source for source in added if source.schema_id not in self.sources}
        return _Index(
            {**self.sources, **new},
            _with(self.titles, ((split_schema_id(schema_id)[0], schema_id) for schema_id in new)),
            _with(self.own_titles, ((source.own_title, source.schema_id) for source in new.values())),
        )


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
        deprecations: Deprecations | None = None,
        previous: SchemaSet | None = None,
        base: _Index | None = None,
    ) -> None:
        self.revision = revision
        self.format_mode: FormatMode = format_mode
        self._deprecations = deprecations or Deprecations()
        self._index = (base or _Index()).plus(sources)
        self._compiled = self._kept(previous)
        self._lock = threading.Lock()

    def extended(self, sources: Iterable[SchemaSource], revision: int) -> SchemaSet:
        """The set with versions added: cheap, however many there are."""
        same: dict[str, Any] = {"format_mode": self.format_mode, "deprecations": self._deprecations}
        return SchemaSet(sources, revision=revision, previous=self, base=self._index, **same)

    def get(self, schema_id: str) -> Schema | None:
        """The schema of that id, compiled on first use."""
        schema = self._compiled.get(schema_id)
        if schema is None and schema_id in self._index.sources:
            return self._compile(self._index.sources[schema_id])
        return schema

    def latest(self, title: str) -> Schema | None:
        """The newest version of a title."""
        found = self._find(title)
        return self.get(found[-1]) if found else None

    def versions(self, title: str) -> tuple[str, ...]:
        """The versions of a title, oldest first."""
        return tuple(split_schema_id(schema_id)[1] for schema_id in self._find(title))

    def ids(self, title: str) -> tuple[str, ...]:
        """The ids of a title's versions, oldest first."""
        return self._find(title)

    def has_title(self, title: str) -> bool:
        """Whether any version is found under that title."""
        return bool(self._find(title))

    def names_of(self, title: str) -> frozenset[str]:
        """All titles of the versions that are found under one."""
        found = self._find(title)
        return frozenset(name for i in found for name in (split_schema_id(i)[0], self._index.sources[i].own_title) if name)

    def owner(self, title: str) -> str:
        """The repository that a title belongs to; empty for a title that is free."""
        found = self._find(title)
        return self._index.sources[found[0]].repository if found else ""

    def deprecation(self, title_or_id: str) -> Deprecation | None:
        """What is deprecated about a title, or about the version of an id: itself, its title or its repository."""
        found = (title_or_id,) if title_or_id in self._index.sources else self._find(title_or_id)
        if not found:
            return None
        name = title_or_id if title_or_id in self._index.sources else split_schema_id(found[-1])[0]
        return self._deprecations.find(name, self._index.sources[found[-1]].repository)

    def titles(self) -> tuple[str, ...]:
        """All titles of ids, in order."""
        return tuple(sorted(self._index.titles))

    def source(self, schema_id: str) -> SchemaSource | None:
        """The version of that id as it is kept, whether compiled yet or not."""
        return self._index.sources.get(schema_id)

    def canary_example(self, title: str) -> dict[str, Any] | None:
        """A fresh copy of the first example of the newest version: what a canary sends."""
        schema = self.latest(title)
        return copy.deepcopy(schema.examples[0]) if schema and schema.examples else None

    def __len__(self) -> int:
        return len(self._index.sources)

    def _find(self, title: str) -> tuple[str, ...]:
        """The ids under a title, oldest version first."""
        return self._index.titles.get(title) or (self._index.own_titles.get(title, ()) if title else ())

    def _compile(self, source: SchemaSource) -> Schema:
        with self._lock:  # two threads asking for the same new schema compile it once
            schema = self._compiled.get(source.schema_id)
            if schema is None:
                schema = Schema(source.document, repository=source.repository, format_mode=self.format_mode)
                self._compiled[source.schema_id] = schema
            return schema

    def _kept(self, previous: SchemaSet | None) -> dict[str, Schema]:
        """What the set before this one compiled and this one holds unchanged."""
        if previous is None or previous.format_mode != self.format_mode:
            return {}
        compiled = dict(previous._compiled)  # noqa: SLF001  # one class; a copy, as other threads may still be compiling there
        return {i: schema for i, schema in compiled.items() if self._index.sources.get(i) == previous.source(i)}


def _with(known: Mapping[str, tuple[str, ...]], added: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """The ids by title, each title's oldest version first, with more pairs of title and id."""
    more: dict[str, list[str]] = defaultdict(list)
    for title, schema_id in added:
        more[title].append(schema_id)
    changed = {title: tuple(sorted((*known.get(title, ()), *ids), key=_age)) for title, ids in more.items()}
    return {**known, **changed}


def _age(schema_id: str) -> tuple[tuple[int, ...], str]:
    title, version = split_schema_id(schema_id)
    return version_key(version), title
