"""A whole repository judged: where findings stand, what is read from elsewhere, what is said of waivers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from registry.guidelines import config, repository, samples
from registry.guidelines.listing import Listing
from registry.schema.repository_files import FolderError

TODAY = date(2026, 11, 25)
MISNAMED = "{properties: {pageTitle: {type: string, description: As readers see it.}}}"


def _misnamed() -> Listing:
    listing, _ = samples.repository(f"page/view/current.yaml: {MISNAMED}\npage/view/1.0.0.yaml: {MISNAMED}\n")
    return listing


def _settings(text: str, own: str | None = None) -> config.Configuration:
    return config.read({".jsonschema-tools.yaml": text} | ({".eventschemas.yaml": own} if own else {}))


def _waiver(rule: str, ends_on: str = "2027-01-01") -> str:
    return f"waivers: [{{rule: {rule}, title: page/view, reason: Old clients., ends_on: {ends_on}}}]"


def _codes(findings: Any) -> list[str]:
    return [finding.code for finding in findings]


def test_skip__compatible_profile__honoured_and_not_told() -> None:
    report = repository.check(
        _misnamed(), _settings("skipSchemaTestCases: {page: [schema-snake-case-properties], x: [schema-is-valid]}"), today=TODAY
    )

    named = [one for findings in report.files.values() for one in findings if one.code == "NAME-SNAKE-CASE"]
    assert {one.counts for one in named} == {False}
    assert report.settings == ()


def test_skip__strict_profile__honoured_and_told() -> None:
    settings = _settings("skipSchemaTestCases: {page: [schema-snake-case-properties]}", "profile: strict")

    report = repository.check(_misnamed(), settings, today=TODAY)

    assert _codes(report.settings) == ["WAIVER-UNREASONED"]
    assert not any(one.counts for one in report.files["page/view/1.0.0.yaml"] if one.code == "NAME-SNAKE-CASE")


@pytest.mark.parametrize("profile", ["strict", "compatible"])
def test_waiver__unused_or_ended__told_in_both_profiles(profile: str) -> None:
    ended, unused = (
        repository.check(_misnamed(), config.read({".eventschemas.yaml": f"profile: {profile}\n{waiver}"}), today=TODAY)
        for waiver in (_waiver("NAME-SNAKE-CASE", "2026-11-24"), _waiver("TYPE-NULL"))
    )

    assert (_codes(ended.settings), _codes(unused.settings)) == (["WAIVER-EXPIRED"], ["WAIVER-UNUSED"])


def test_waiver__of_a_file_check__holds() -> None:
    listing, _ = samples.repository("page/view/current.yaml: {}\n")

    report = repository.check(listing, config.read({".eventschemas.yaml": _waiver("REPO-VERSIONED")}), today=TODAY)

    assert report.is_clean
    assert report.settings == ()


def test_unreadable_file__is_told_at_its_place_and_the_others_are_judged() -> None:
    texts = {"a/b/1.0.0.yaml": "a: [", "a/b/current.yaml": "- 1", "page/view/1.0.0.yaml": json.dumps({"$id": 5})}

    report = repository.check(Listing(texts), config.read({}), today=TODAY)

    assert [_codes(report.files[f"a/b/{name}"]) for name in ("1.0.0.yaml", "current.yaml")] == [["SCHEMA-VALID"]] * 2
    assert "VERSION-ID" in _codes(report.files["page/view/1.0.0.yaml"])


def test_reference_to_another_repository__is_followed_where_it_can_be() -> None:
    fragment = {"properties": {"skin": {"type": "string", "description": "What readers see."}}}
    whole = samples.merge(samples.sample(), fragment)
    current = {**samples.sample(), "allOf": [{"$ref": "/fragment/skin/1.0.0"}]}
    texts = {"page/view/1.0.0.yaml": json.dumps(whole), "page/view/current.yaml": json.dumps(current)}

    without, with_it = (
        repository.check(Listing(texts), config.read({}), today=TODAY, load=load)
        for load in (None, {"/fragment/skin/1.0.0": fragment}.get)
    )

    path = "page/view/current.yaml"
    assert "REPO-MATERIALISED" in _codes(without.files[path])
    assert "REPO-MATERIALISED" not in _codes(with_it.files.get(path, ()))


def test_published_version__that_says_something_else_now__is_told() -> None:
    listing, settings = samples.repository("page/view/1.0.0.yaml: {description: Otherwise.}\n")

    report = repository.check(listing, settings, today=TODAY, published={"/page/view/1.0.0": samples.sample()}.get)

    assert "EVOLVE-IMMUTABLE" in _codes(report.files["page/view/1.0.0.yaml"])


def test_wanted_files__only_their_findings() -> None:
    report = repository.check(_misnamed(), config.read({}), today=TODAY, is_wanted=lambda path: path.endswith("1.0.0.yaml"))

    assert set(report.files) == {"page/view/1.0.0.yaml"}


def test_folder__dot_files_and_links__are_left_out_and_kept_as_written(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/1.0.0.yaml").write_text("a: 1")
    (tmp_path / "a/1.0.0.yaml").write_text("a: 1")
    (tmp_path / "a/1.0.0").symlink_to("./1.0.0.yaml")
    (tmp_path / "a/away.yaml").symlink_to("/etc/hostname")
    (tmp_path / "a/round").symlink_to("round")

    listing = Listing.of_folder(tmp_path)

    assert listing.texts == {"a/1.0.0.yaml": "a: 1"}
    assert listing.links == {"a/1.0.0": "./1.0.0.yaml", "a/away.yaml": "/etc/hostname", "a/round": "round"}
    assert [listing.resolve(path) for path in ("a/1.0.0", "a/away.yaml", "a/round")] == ["a/1.0.0.yaml", "", ""]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a" * 1_200_000])
def test_folder__file_that_no_schema_can_be__refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "1.0.0.yaml").write_bytes(content)

    with pytest.raises(FolderError, match=r"1\.0\.0\.yaml"):
        Listing.of_folder(tmp_path)
