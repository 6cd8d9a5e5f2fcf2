"""Reading a repository's folder: version files alone, no dot-file, no link that leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry import repository_files
from registry.repository_files import read_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    title = tmp_path / "repository/jsonschema/a/b"
    title.mkdir(parents=True)
    (title / "1.0.0.yaml").write_text("x: 1")
    (tmp_path / "secret.yaml").write_text("secret: 1")
    return tmp_path / "repository"


def paths(folder: Path) -> list[str]:
    return [file.path for file in read_folder(folder).files]


def test_read__other_files_and_links__left_out(folder: Path) -> None:
    title = folder / "jsonschema/a/b"
    for name in ("current.yaml", "README.md", ".hidden.yaml", "1.0.yaml", "v1.0.0.yaml"):
        (title / name).write_text("x: 1")
    (folder / "jsonschema/.git/a").mkdir(parents=True)
    (folder / "jsonschema/.git/a/1.0.0.yaml").write_text("x: 1")
    (title / "latest.yaml").symlink_to("1.0.0.yaml")
    (title / "1.0.0").symlink_to("1.0.0.yaml")

    assert paths(folder) == ["a/b/1.0.0.yaml"]
    assert read_folder(folder).problems == ()


def test_read__json_twin__the_yaml_is_read(folder: Path) -> None:
    (folder / "jsonschema/a/b/1.0.0.json").write_text("{}")
    (folder / "jsonschema/a/b/1.1.0.json").write_text("{}")

    assert paths(folder) == ["a/b/1.0.0.yaml", "a/b/1.1.0.json"]


@pytest.mark.parametrize("name", ["latest", "2.0.0.yaml", "notes.md"])
def test_read__link_to_a_file_outside__is_a_problem(folder: Path, name: str) -> None:
    (folder / "jsonschema/a/b" / name).symlink_to("../../../../secret.yaml")

    found = read_folder(folder)

    assert [(p.code, p.path) for p in found.problems] == [("repository.link_leaves", f"jsonschema/a/b/{name}")]
    assert "secret" not in repr(found.files)


def test_read__link_to_a_folder_outside__is_a_problem(folder: Path, tmp_path: Path) -> None:
    (folder / "jsonschema/elsewhere").symlink_to(tmp_path, target_is_directory=True)

    assert [p.code for p in read_folder(folder).problems] == ["repository.link_leaves"]


def test_read__no_schema_folder__says_so(tmp_path: Path) -> None:
    assert [p.code for p in read_folder(tmp_path).problems] == ["repository.unreadable"]
    assert [p.code for p in read_folder(tmp_path / "absent").problems] == ["repository.unreadable"]


def test_read__no_utf8_or_too_large__is_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "jsonschema/a/b/1.1.0.yaml").write_bytes(b"\xff\xfe")
    monkeypatch.setattr(repository_files, "_MAX_BYTES", 3)

    found = [(problem.path, problem.message) for problem in read_folder(folder).problems]

    assert found == [
        ("jsonschema/a/b/1.0.0.yaml", "The file has 4 bytes, more than any schema needs."),
        ("jsonschema/a/b/1.1.0.yaml", "The file is no UTF-8 text (byte 0)."),
    ]


def test_read__too_many_files__is_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository_files, "MAX_FILES", 1)
    (folder / "jsonschema/a/b/1.1.0.yaml").write_text("x: 1")

    assert read_folder(folder).files == ()
    assert len(read_folder(folder).problems) == 1
