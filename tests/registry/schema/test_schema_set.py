"""The set of schemas: versions in order, one compilation per schema however many threads ask, no growth."""

from __future__ import annotations

import json
import threading
from datetime import date
from typing import Any

import pytest

from eventplatform.core.names import document_title
from registry.schema import schema_set
from registry.schema.compiled import Schema
from registry.schema.deprecation import Deprecation, Deprecations, Level
from registry.schema.packing import pack
from registry.schema.schema_set import SchemaSet, SchemaSource


def source(schema_id: str, **keywords: Any) -> SchemaSource:
    document = json.dumps({"$id": schema_id, **keywords})
    return SchemaSource(schema_id, "primary", pack(document), str(hash(document)), document_title(json.loads(document)))


def test_versions__as_numbers__oldest_first() -> None:
    schemas = SchemaSet([source(f"/a/b/{version}") for version in ("1.10.0", "1.9.0", "2.0.0", "1.0.0")])

    assert schemas.versions("a/b") == ("1.0.0", "1.9.0", "1.10.0", "2.0.0")
    assert schemas.titles() == ("a/b",)
    latest = schemas.latest("a/b")
    assert latest is not None
    assert latest.version == "2.0.0"


def test_get__unknown_ids__leave_no_trace() -> None:
    schemas = SchemaSet([source("/a/1.0.0")])

    assert all(schemas.get(f"/x/{index}") is None for index in range(1000))
    assert schemas.latest("x") is None
    assert schemas.versions("x") == ()
    assert len(schemas._compiled) == 0


def test_get__many_threads__compile_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []

    class Counted(Schema):
        def __init__(self, document: Any, **options: Any) -> None:
            compiled.append(document["$id"])
            super().__init__(document, **options)

    monkeypatch.setattr(schema_set, "Schema", Counted)
    schemas = SchemaSet([source("/a/1.0.0")])
    start = threading.Barrier(8)
    found: list[Schema | None] = []

    def ask() -> None:
        start.wait()
        found.append(schemas.get("/a/1.0.0"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert compiled == ["/a/1.0.0"]
    assert len(set(map(id, found))) == 1


def test_canary_example__each_call__is_a_copy_of_its_own() -> None:
    schemas = SchemaSet([source("/a/1.0.0", examples=[{"meta": {"stream": "a"}}])])

    first = schemas.canary_example("a")
    assert first is not None
    first["meta"]["stream"] = "changed"

    assert schemas.canary_example("a") == {"meta": {"stream": "a"}}
    assert SchemaSet([source("/b/1.0.0")]).canary_example("b") is None


def test_previous__unchanged_schema__is_not_compiled_again() -> None:
    before = SchemaSet([source("/a/1.0.0"), source("/b/1.0.0")])
    kept, changed = before.get("/a/1.0.0"), before.get("/b/1.0.0")

    after = SchemaSet([source("/a/1.0.0"), source("/b/1.0.0", type="object")], previous=before)

    assert after.get("/a/1.0.0") is kept
    assert after.get("/b/1.0.0") is not changed
    assert SchemaSet([source("/a/1.0.0")], previous=before, format_mode="strict").get("/a/1.0.0") is not kept


def test_extended__new_versions__found_beside_what_was_compiled() -> None:
    before = SchemaSet([source("/a/1.0.0"), source("/b/1.0.0")], revision=1)
    kept = before.get("/a/1.0.0")

    after = before.extended([source("/a/1.1.0", title="own"), source("/c/1.0.0")], revision=2)

    assert (before.revision, after.revision) == (1, 2)
    assert after.get("/a/1.0.0") is kept
    assert (before.versions("a"), after.versions("a")) == (("1.0.0",), ("1.0.0", "1.1.0"))
    assert after.titles() == ("a", "b", "c")
    assert after.versions("own") == ("1.1.0",)
    assert (len(before), len(after)) == (2, 4)


def test_deprecation__several_levels__the_nearest_one_speaks() -> None:
    def said(level: Level) -> Deprecation:
        return Deprecation(date(2026, 1, 1), level, "", level)

    names: list[tuple[str, Level]] = [("/a/1.0.0", "version"), ("a", "title"), ("primary", "repository")]
    schemas = SchemaSet(
        [source("/a/1.0.0", title="own"), source("/a/1.1.0"), source("/b/1.0.0")],
        deprecations=Deprecations((name, said(level)) for name, level in names),
    )

    found = {name: schemas.deprecation(name) for name in ("/a/1.0.0", "/a/1.1.0", "a", "own", "b", "/b/1.0.0")}
    levels = {name: one.level if one else "" for name, one in found.items()}

    assert levels == {
        "/a/1.0.0": "version",
        "/a/1.1.0": "title",
        "a": "title",
        "own": "title",
        "b": "repository",
        "/b/1.0.0": "repository",
    }
    assert schemas.deprecation("c") is None
