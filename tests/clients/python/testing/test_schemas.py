"""Schemas from a folder: what the files' texts mean, what is refused, and that nothing leaves the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventclient.testing.errors import SchemaFolderError
from eventclient.testing.formats import PATTERNS
from eventclient.testing.schemas import SchemaFolder
from registry.schema import formats
from tests.clients.python.testing.conftest import FOLDERS


def folder(root: Path, text: str, name: str = "a/b/1.0.0.yaml") -> SchemaFolder:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return SchemaFolder(root)


def test_formats__are_the_platforms() -> None:
    assert {name: tuple(patterns) for name, patterns in PATTERNS.items()} == formats.PATTERNS


def test_find__sample__every_version_is_found_and_compiles() -> None:
    found = SchemaFolder(*FOLDERS)

    ids = list(found.ids())

    assert "/ui/button_click/1.2.0" in ids
    assert all(found.find(one) for one in ids)


def test_newest__by_number_and_not_by_text(tmp_path: Path) -> None:
    for version in ("1.9.0", "1.10.0", "1.2.0"):
        folder(tmp_path, "type: object", f"a/b/{version}.yaml")

    found = SchemaFolder(tmp_path).newest("a/b")

    assert found is not None
    assert found.schema_id == "/a/b/1.10.0"
    assert SchemaFolder(tmp_path).newest("a/c") is None


def test_find__words_of_yaml__are_texts(tmp_path: Path) -> None:
    schemas = folder(tmp_path, "properties: {a: {enum: [yes, 2021-01-01, 1e3, true]}}")

    found = schemas.find("/a/b/1.0.0")

    assert found is not None
    assert found.document["properties"]["a"]["enum"] == ["yes", "2021-01-01", 1000.0, True]


@pytest.mark.parametrize("text", ["a: [", "- 1", "type: 7", "properties: {a: {$ref: /x/1.0.0}}", "pattern: '(?=a)'"])
def test_find__file_of_no_use__says_which(tmp_path: Path, text: str) -> None:
    with pytest.raises(SchemaFolderError, match=r"1\.0\.0"):
        folder(tmp_path, text).find("/a/b/1.0.0")


@pytest.mark.parametrize("schema_id", ["/a/b/latest", "/a/b/1.0", "/a/b", "/a/../../a/b/1.0.0.yaml", "1.0.0"])
def test_find__no_version__none(tmp_path: Path, schema_id: str) -> None:
    assert folder(tmp_path, "type: object").find(schema_id) is None
