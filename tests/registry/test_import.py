"""Importing folders: whole or not at all, published versions never change."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError

from registry import lookups, services
from registry.models import Repository, SchemaTitle, SchemaVersion

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

EXAMPLES = settings.BASE_DIR / "examples/schemas"
PLAIN = "$id: /a/b/1.0.0\n$schema: https://json-schema.org/draft-07/schema#\ntype: object\n"


def write(folder: Path, path: str, text: str) -> Path:
    file = folder / "jsonschema" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def codes(report: services.ImportReport) -> list[str]:
    return [problem.code for problem in report.problems]


def test_import__examples__serves_versions_and_canaries() -> None:
    services.import_folder(name="primary", folder=EXAMPLES / "primary")
    report = services.import_folder(name="secondary", folder=EXAMPLES / "secondary", role="secondary", order=1)

    schemas = lookups.schemas()
    assert report.is_ok
    assert report.revision == schemas.revision == 2
    assert schemas.versions("ui/button_click") == ("1.0.0", "1.1.0", "1.2.0")
    latest = schemas.latest("ui/button_click")
    assert latest is not None
    assert (latest.schema_id, latest.repository) == ("/ui/button_click/1.2.0", "secondary")
    example = schemas.canary_example("ui/button_click")
    assert example is not None
    assert latest.is_valid(example)
    assert SchemaTitle.objects.get(name="sample/test_event", latest__schema_id="/sample/test_event/1.1.0")


def test_import__twice__changes_nothing() -> None:
    first = services.import_folder(name="primary", folder=EXAMPLES / "primary")

    second = services.import_folder(name="primary", folder=EXAMPLES / "primary")

    assert len(first.added) == second.unchanged
    assert second.added == ()
    assert second.revision == first.revision


def test_import__published_version_changed__refused_and_reported(tmp_path: Path) -> None:
    file = write(tmp_path, "a/b/1.0.0.yaml", PLAIN)
    services.import_folder(name="mine", folder=tmp_path)

    file.write_text(PLAIN + "description: other\n")
    write(tmp_path, "a/b/1.1.0.yaml", PLAIN.replace("1.0.0", "1.1.0"))
    report = services.import_folder(name="mine", folder=tmp_path)

    assert codes(report) == ["schema.version_changed"]
    assert report.problems[0].path == "jsonschema/a/b/1.0.0.yaml"
    assert list(SchemaVersion.objects.values_list("schema_id", flat=True)) == ["/a/b/1.0.0"]
    assert Repository.objects.get(name="mine").problems[0]["code"] == "schema.version_changed"


def test_import__comment_changed__is_no_change(tmp_path: Path) -> None:
    file = write(tmp_path, "a/b/1.0.0.yaml", PLAIN)
    services.import_folder(name="mine", folder=tmp_path)

    file.write_text("# a comment\n" + PLAIN)

    assert services.import_folder(name="mine", folder=tmp_path).is_ok


def test_import__one_bad_file__names_file_and_line_and_keeps_all(tmp_path: Path) -> None:
    write(tmp_path, "a/b/1.0.0.yaml", PLAIN)
    write(tmp_path, "c/d/1.0.0.yaml", PLAIN.replace("/a/b", "/c/d") + "properties:\n  x:\n    type: strange\n")

    report = services.import_folder(name="mine", folder=tmp_path)

    assert codes(report) == ["schema.invalid"]
    assert (report.problems[0].path, report.problems[0].line) == ("jsonschema/c/d/1.0.0.yaml", 6)
    assert SchemaVersion.objects.count() == 0
    assert lookups.schemas().titles() == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [", "document.unreadable"),
        ("- 1", "schema.invalid"),
        (PLAIN + 'properties: {"a\\0b": {}}', "document.bad_character"),
        (PLAIN + 'description: "a\\u0000b"', "document.bad_character"),
        (PLAIN.replace("$id: /a/b/1.0.0\n", ""), "schema.file_id"),
        (PLAIN.replace("1.0.0", "1.0.1"), "schema.file_id"),
        (PLAIN.replace("/a/b", "http://evil.example/a"), "schema.file_id"),
        (PLAIN.replace("draft-07", "draft-04"), "schema.draft_unsupported"),
        (PLAIN.replace("https://json-schema.org", "http://169.254.169.254"), "schema.draft_unsupported"),
        (PLAIN + "properties: {x: {$schema: 'http://10.0.0.1/x', type: object}}", "schema.draft_unsupported"),
        (PLAIN + "properties: {x: {$ref: 'http://10.0.0.1/x'}}", "schema.remote_reference"),
        (PLAIN + "properties: {x: {$ref: 'file:///etc/passwd'}}", "schema.remote_reference"),
        (PLAIN + "properties: {x: {$ref: '/not/there/1.0.0'}}", "schema.bad_reference"),
        (PLAIN + "properties: {x: {$ref: '#/properties/x'}}", "schema.circular_reference"),
        (PLAIN + "properties: {x: {type: string, pattern: '(?=a)b'}}", "schema.pattern_refused"),
        (PLAIN + "allOf: [{properties: {x: {type: string}}}, {properties: {x: {type: integer}}}]", "schema.cannot_merge"),
    ],
)
def test_import__bad_schema__refused_with_its_code(tmp_path: Path, text: str, code: str) -> None:
    write(tmp_path, "a/b/1.0.0.yaml", text)

    assert codes(services.import_folder(name="mine", folder=tmp_path)) == [code]


@pytest.mark.parametrize(
    ("path", "version", "more"),
    [
        ("a/b/9999999999.0.0.yaml", "9999999999.0.0", ""),
        ("a/b/1.0.0.yaml", "1.0.0", f"title: {'x' * 201}\n"),
        ("/".join(["x" * 100] * 6) + "/1.0.0.yaml", "1.0.0", ""),
    ],
)
def test_import__more_than_a_row_holds__refused_by_name(tmp_path: Path, path: str, version: str, more: str) -> None:
    write(tmp_path, path, PLAIN.replace("1.0.0", version) + more)

    assert codes(services.import_folder(name="mine", folder=tmp_path)) == ["schema.not_storable"]


def test_import__json_with_unstorable_text__refused_with_its_line(tmp_path: Path) -> None:
    head = '{"$id": "/a/b/1.0.0",\n"$schema": "https://json-schema.org/draft-07/schema#",\n'
    for number, text in enumerate(['"description": "\\u0000"}', '"properties": {"\\ud800": {}}}']):
        write(tmp_path / str(number), "a/b/1.0.0.json", head + text)
        report = services.import_folder(name="mine", folder=tmp_path / str(number))

        assert codes(report) == ["document.bad_character"]
        assert (report.problems[0].path, report.problems[0].line) == ("jsonschema/a/b/1.0.0.json", 3)


def test_import__title_of_another_repository__refused(tmp_path: Path) -> None:
    services.import_folder(name="primary", folder=EXAMPLES / "primary")
    write(tmp_path, "sample/test_event/9.0.0.yaml", PLAIN.replace("/a/b/1.0.0", "/sample/test_event/9.0.0"))

    assert codes(services.import_folder(name="thief", folder=tmp_path)) == ["schema.title_taken"]


def test_import__documents_title_of_another_repository__refused_both_ways(tmp_path: Path) -> None:
    write(tmp_path / "first", "a/b/1.0.0.yaml", PLAIN + "title: mine/too\n")
    services.import_folder(name="first", folder=tmp_path / "first")
    claims = {
        "title": PLAIN.replace("/a/b", "/c/d") + "title: a/b\n",
        "alias": PLAIN.replace("/a/b", "/c/d") + "title: mine/too\n",
        "id": PLAIN.replace("/a/b", "/mine/too"),
        "included": PLAIN.replace("/a/b", "/c/d") + "allOf: [{title: a/b}]\n",
    }

    found = {}
    for name, text in claims.items():
        write(tmp_path / name, "c/d/1.0.0.yaml", text)
        report = services.import_folder(name="thief", folder=tmp_path / name)
        found[name] = codes(report), [problem.line for problem in report.problems]

    schema = lookups.schemas().get("/c/d/1.0.0")
    taken = ["schema.title_taken"]
    assert found == {"title": (taken, [4]), "alias": (taken, [4]), "id": (taken, [1]), "included": ([], [])}
    assert schema is not None
    assert schema.titles == ("c/d", "c/d")


def test_import__title_differs_from_the_ids__found_under_both(tmp_path: Path) -> None:
    write(tmp_path, "a/b/1.0.0.yaml", PLAIN + "title: development/b\nexamples: [{x: 1}]\n")
    services.import_folder(name="mine", folder=tmp_path)

    schemas = lookups.schemas()

    for title in ("a/b", "development/b"):
        assert schemas.has_title(title)
        assert schemas.latest(title) is schemas.get("/a/b/1.0.0")
        assert schemas.versions(title) == ("1.0.0",)
        assert schemas.canary_example(title) == {"x": 1}
        assert schemas.names_of(title) == {"a/b", "development/b"}
    assert schemas.titles() == ("a/b",)
    assert not schemas.has_title("")


def test_import__same_id_twice__refused(tmp_path: Path) -> None:
    write(tmp_path, "a/b/1.0.0.yaml", PLAIN)
    write(tmp_path, "a/c/1.0.0.yaml", PLAIN)

    assert codes(services.import_folder(name="mine", folder=tmp_path)) == ["schema.id_twice"]


def test_import__file_gone__goes_on_being_served(tmp_path: Path) -> None:
    file = write(tmp_path, "a/b/1.0.0.yaml", PLAIN)
    write(tmp_path, "a/b/1.1.0.yaml", PLAIN.replace("1.0.0", "1.1.0"))
    services.import_folder(name="mine", folder=tmp_path)

    file.unlink()
    report = services.import_folder(name="mine", folder=tmp_path)

    assert report.missing == ("/a/b/1.0.0",)
    assert lookups.schemas().get("/a/b/1.0.0") is not None


def test_import__references_across_repositories__resolved(tmp_path: Path) -> None:
    services.import_folder(name="primary", folder=EXAMPLES / "primary")
    shutil.copytree(EXAMPLES / "secondary/jsonschema/ui/page_load", tmp_path / "jsonschema/ui/page_load")
    shutil.copy(tmp_path / "jsonschema/ui/page_load/current.yaml", tmp_path / "jsonschema/ui/page_load/1.0.0.yaml")
    browser = EXAMPLES / "secondary/jsonschema/fragment/browser"
    shutil.copytree(browser, tmp_path / "jsonschema/fragment/browser", symlinks=True)

    report = services.import_folder(name="secondary", folder=tmp_path)

    assert report.problems == ()
    row = SchemaVersion.objects.get(schema_id="/ui/page_load/1.0.0")
    assert not row.is_self_contained
    schema = lookups.schemas().get("/ui/page_load/1.0.0")
    assert schema is not None
    assert schema.declares("meta", "request_id")
    assert schema.is_valid(schema.examples[0])


def test_command__refused_import__tells_each_problem(tmp_path: Path) -> None:
    write(tmp_path, "a/b/1.0.0.yaml", "a: [")

    with pytest.raises(CommandError, match=r"jsonschema/a/b/1\.0\.0\.yaml:\d+: .*document\.unreadable"):
        call_command("import_schemas", "mine", str(tmp_path))


def test_schemas__changed_by_another_process__seen_within_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    before = lookups.schemas()
    monkeypatch.setattr(lookups, "forget", lambda: None)  # another process can't tell this one
    services.import_folder(name="primary", folder=EXAMPLES / "primary")
    deadline = time.monotonic() + 2

    while lookups.schemas() is before and time.monotonic() < deadline:
        time.sleep(0.05)

    assert lookups.schemas().get("/sample/test_event/1.1.0") is not None


def test_schemas__database_away__last_good_set_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    services.import_folder(name="primary", folder=EXAMPLES / "primary")
    kept = lookups.schemas()

    def away() -> None:
        raise OperationalError

    monkeypatch.setattr(lookups, "_state", away)

    assert lookups.schemas(is_fresh=True) is kept
    assert kept.get("/sample/test_event/1.1.0") is not None  # not compiled until now


def test_schemas__new_revision__keeps_what_was_compiled(tmp_path: Path) -> None:
    services.import_folder(name="primary", folder=EXAMPLES / "primary")
    compiled = lookups.schemas().get("/sample/test_event/1.1.0")

    write(tmp_path, "a/b/1.0.0.yaml", PLAIN)
    services.import_folder(name="mine", folder=tmp_path)

    assert lookups.schemas().get("/a/b/1.0.0") is not None
    assert lookups.schemas().get("/sample/test_event/1.1.0") is compiled
