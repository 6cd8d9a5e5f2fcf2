"""Reading a repository's folder: version files alone, no dot-file, no link that leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from registry.schema import repository_files
from registry.schema.repository_files import Entry, Found, collect, read_folder


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


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../../../x", "../../../.."])
def test_read__link_leaves_by_its_words__is_a_problem_even_where_nothing_is_there(folder: Path, target: str) -> None:
    (folder / "jsonschema/a/b/latest").symlink_to(target)

    assert [p.code for p in read_folder(folder).problems] == ["repository.link_leaves"]


def test_read__currents_changelogs_and_links__kept_by_their_place(folder: Path) -> None:
    (folder / "jsonschema/a/b/current.yaml").write_text("c: 1")
    (folder / "jsonschema/a/b/CHANGELOG.md").write_text("# 1.0.0")
    (folder / "jsonschema/a/b/latest.yaml").symlink_to("1.0.0.yaml")

    found = read_folder(folder)

    assert found.currents == {"a/b": "c: 1"}
    assert found.changelogs == {"a/b": "# 1.0.0"}
    assert found.links == {"a/b/latest.yaml": "1.0.0.yaml"}


def test_read__another_schema_folder__its_files_alone(folder: Path) -> None:
    (folder / "schemas/c").mkdir(parents=True)
    (folder / "schemas/c/1.0.0.yaml").write_text("x: 1")

    assert [file.path for file in read_folder(folder, "schemas").files] == ["c/1.0.0.yaml"]


def entry(path: str, content: bytes = b"x: 1", kind: Literal["file", "link", "submodule"] = "file") -> Entry:
    return Entry(path, kind, len(content), lambda: content)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (entry("a/b", kind="submodule"), "repository.submodule"),
        (entry("a/1.0.0.yaml", b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n"), "repository.lfs_pointer"),
        (entry("a\nb/1.0.0.yaml"), "repository.odd_name"),
        (entry("a\udcff/1.0.0.yaml"), "repository.odd_name"),
        (entry("a/current.yaml", b"\xff"), "repository.no_text"),
        (entry("a/latest", b"/etc/passwd", "link"), "repository.link_leaves"),
        (entry("a/latest", b"../../../secret", "link"), "repository.link_leaves"),
    ],
)
def test_collect__what_none_may_hold__named_on_one_line(found: Entry, code: str) -> None:
    problems = collect([found, entry("b/1.0.0.yaml")]).problems

    assert [problem.code for problem in problems] == [code]
    assert problems[0].path.isprintable()
    assert problems[0].remedy


def test_collect__dot_files__not_even_read() -> None:
    hidden = [entry(path, kind="submodule") for path in (".git/x", "a/.hidden", "../a/1.0.0.yaml", "a/./b/1.0.0.yaml")]

    assert collect(hidden) == Found(())


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
