"""The configuration in files: out, and in again."""

from __future__ import annotations

import subprocess
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from streamconfig import lookups
from streamconfig.change_control import requests
from streamconfig.change_control.actors import of_user
from streamconfig.change_control.errors import RequestForbiddenError
from streamconfig.models import ChangeRequest
from tests import configuring
from tests.streamconfig.conftest import DOCUMENT

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def run(*words: str | Path) -> str:
    out = StringIO()
    call_command(*map(str, words), stdout=out)
    return out.getvalue()


def test_export__imported_again__changes_nothing(streams: None, tmp_path: Path) -> None:
    file = tmp_path / "streams.yaml"
    file.write_text(run("export_streams"))

    assert yaml.safe_load(file.read_text()) == DOCUMENT
    assert "Nothing differs" in run("import_streams", file)


def test_import__of_the_sample__publishes_its_streams() -> None:
    told = run("import_streams", settings.BASE_DIR / "examples/streams.yaml")

    assert "Published as revision 1." in told
    assert set(lookups.snapshot().streams) == {
        "test.event",
        "page.change",
        "revision.create",
        "app.screen_load",
        "ui.button_click",
        "ui.page_load",
        "client.error",
        "client.error.rejected",
        "analytics.error",
        "main.error",
    }


@pytest.mark.parametrize("text", ["streams: {s: {topics: 5}}", "streams: [", "a: b"])
def test_import__bad_file__says_what_and_changes_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)

    with pytest.raises(CommandError, match=r"bad\.yaml: "):
        run("import_streams", file)
    assert lookups.snapshot().revision == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"streams:\n  a.b: {}\n  a.b: {}\n", r"bad\.yaml: line 3: .*second time.*document\.duplicate_key"),
        (b"streams:\n  \xff: {}\n", "no UTF-8 text"),
        (b"streams: [", r"bad\.yaml: line \d: .*document\.unreadable"),
        (b'streams: {a.b: {about: {owner: "a\\0"}}}', r"document\.bad_character"),
    ],
)
def test_import__unreadable_file__told_with_its_place(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_bytes(content)

    with pytest.raises(CommandError, match=told):
        run("import_streams", file)


def test_export__texts_that_look_like_numbers__come_back_as_texts(tmp_path: Path) -> None:
    file = tmp_path / "streams.yaml"
    texts = ["1e3", "0o7", "yes", "null", "1", ".inf"]
    document = {"streams": {"a.b": {"schema_title": "a/b", "own": texts}}}
    configuring.configure(document, author="test", reason="test")

    file.write_text(run("export_streams"))

    assert "Nothing differs" in run("import_streams", file)


def test_import__dry_run__tells_each_value_and_asks_for_nothing(streams: None, tmp_path: Path) -> None:
    file = tmp_path / "streams.csv"
    file.write_text("name,sample_rate,is_enabled\nui.click,0.25,false\nnew.one,,\n")

    told = run("import_streams", file, "--dry-run")

    assert "changed ui.click\n  sample.rate: 0.5 -> 0.25\n  is_enabled: not set -> false\n" in told
    assert "added new.one" in told
    assert ChangeRequest.objects.count() == 1  # that of the fixture


def test_import__after_the_first__waits_for_approval_and_says_of_whom(streams: None, tmp_path: Path) -> None:
    file = tmp_path / "streams.csv"
    file.write_text("name,sample_rate\nui.click,1\n")

    told = run("import_streams", file, "--reason", "more data")

    request = ChangeRequest.objects.latest("pk")
    assert f"Change {request.pk} waits for approval: /changes/{request.pk}" in told
    assert " more by " in told
    assert (request.state, request.source, request.reason) == ("in_review", "command", "more data")
    assert lookups.snapshot().streams["ui.click"].settings["sample"]["rate"] == 0.5


def test_import__author_with_an_account__is_the_request_s_author(streams: None, tmp_path: Path) -> None:
    ann = User.objects.create_superuser("ann", "ann@example.org")
    file = tmp_path / "streams.csv"
    file.write_text("name,sample_rate\nui.click,1\n")

    run("import_streams", file, "--author", "ANN@example.org")

    request = ChangeRequest.objects.latest("pk")
    assert (request.author, request.author_name) == (ann, "ann")
    with pytest.raises(RequestForbiddenError):
        requests.approve(request.pk, by=of_user(ann), seen=request.edit)


def test_import__complete__removes_what_the_file_does_not_name(streams: None, tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text("streams: {page.change: {schema_title: page/change}}")

    told = run("import_streams", file, "--complete", "--dry-run")

    assert "removed ui.click" in told


@pytest.mark.parametrize(
    ("name", "text", "gone"),
    [
        ("a.csv", "name\npage.change\n", ["ui.click", "/^job\\..+/"]),
        ("a.php", "$wgEventStreams = ['page.change' => ['schema_title' => 'page/change']];", ["ui.click", "/^job\\..+/"]),
        ("a.php", "return ['wgEventStreams' => ['default' => ['page.change' => []], '+x' => []]];", ["ui.click", "+enwiki"]),
        ("a.yaml", "streams: {page.change: {schema_title: page/change}}", ["ui.click", "teams web", "overrides +enwiki"]),
    ],
)
def test_import__complete__takes_away_only_what_the_form_has_words_for(
    streams: None, tmp_path: Path, name: str, text: str, gone: list[str]
) -> None:
    configuring.configure({"teams": {"web": {"title": "Web"}}, "overrides": {"+enwiki": {"streams": {"ui.click": {"x": 1}}}}})
    file = tmp_path / name
    file.write_text(text)

    told = run("import_streams", file, "--complete", "--dry-run")

    assert all(one in told for one in gone)
    assert ("removed teams web" in told) == (name == "a.yaml")
    assert ("removed overrides +enwiki" in told) == ("+x" in text or name == "a.yaml")


def test_import__php_with_a_bad_value__told_by_its_line(streams: None, tmp_path: Path) -> None:
    file = tmp_path / "streams.php"
    file.write_text("<?php\n$wgEventStreams = [\n 'a.b' => [\n  'sample' => [\n   'rate' => 7,\n  ],\n ],\n];\n")

    with pytest.raises(CommandError, match=r"streams\.php: line 5, a\.b/sample/rate: .*setting\.bad_value"):
        run("import_streams", file)


@pytest.mark.parametrize("form", ["yaml", "json", "csv", "php"])
def test_export__to_a_file_of_each_form__changes_nothing_when_imported(streams: None, tmp_path: Path, form: str) -> None:
    file = tmp_path / f"streams.{form}"

    run("export_streams", "--to", file)

    assert "Nothing differs" in run("import_streams", file)


def test_streams__folder_written_and_planned__says_nothing_differs(streams: None, tmp_path: Path) -> None:
    told = run("streams", "export", tmp_path)

    assert "4 files written" in told
    assert (tmp_path / "streams" / "page.change.yaml").exists()
    assert "Nothing differs" in run("streams", "plan", tmp_path)


def test_streams__folder_that_differs__is_planned_with_code_2_and_applied_as_a_request(streams: None, tmp_path: Path) -> None:
    run("streams", "export", tmp_path)
    file = tmp_path / "streams" / "ui.click.yaml"
    file.write_text(file.read_text().replace("0.5", "0.1"))
    (tmp_path / "streams" / "page.change.yaml").unlink()

    with pytest.raises(SystemExit, match="2"):
        run("streams", "plan", tmp_path)
    told = run("streams", "apply", tmp_path, "--author", "ann", "--reason", "less")

    request = ChangeRequest.objects.latest("pk")
    assert "  sample.rate: 0.5 -> 0.1" in told
    assert "removed page.change" in told
    assert f"Change {request.pk} waits" in told
    assert (request.source, request.author_name, request.state) == ("git", "ann", "in_review")


def test_streams__author__is_gits_where_none_is_named(streams: None, tmp_path: Path) -> None:
    run("streams", "export", tmp_path)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    subprocess.run(["git", "-C", str(tmp_path), "config", "user.email", "eve@example.org"], check=True)
    (tmp_path / "streams" / "new.yaml").write_text("streams: {new.one: {schema_title: new/one}}")

    run("streams", "apply", tmp_path)

    assert ChangeRequest.objects.latest("pk").author_name == "eve@example.org"


def test_streams__part_that_no_file_names__stays(streams: None, tmp_path: Path) -> None:
    (tmp_path / "teams.yaml").write_text("teams: {web: {title: Web}}")

    with pytest.raises(SystemExit, match="2"):
        run("streams", "plan", tmp_path)
    assert "removed" not in run("streams", "apply", tmp_path)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "no files of configuration"),
        ({"a.yaml": "streams: {s: {}}", "b.yaml": "streams: {s: {}}"}, r"b\.yaml: streams s stands in a\.yaml too"),
        ({"a.yaml": "streams: ["}, r"a\.yaml:\d: .*document\.unreadable"),
        ({"a.yaml": "other: 1"}, r"a\.yaml: other is no part"),
        ({"a.yaml": "streams:\n  s:\n    topics: 5\n"}, r"a\.yaml:3, s/topics: .*setting\.bad_value"),
        ({"a.yaml": "- 1"}, r"a\.yaml: The file is no map"),
    ],
)
def test_streams__folder_that_cannot_be_used__told_by_file_and_line(
    streams: None, tmp_path: Path, files: dict[str, str], told: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    with pytest.raises(CommandError, match=told):
        run("streams", "apply", tmp_path)


def test_promotion__file_of_one_environment__keeps_its_keys_in_the_other(streams: None, tmp_path: Path) -> None:
    overrides = {"staging:+*": {"streams": {"ui.click": {"sample": {"rate": 1}}}}}
    configuring.configure({"overrides": overrides}, author="tests")
    file = tmp_path / "from-staging.yaml"
    run("streams", "export", "--to", file)
    configuring.configure({**DOCUMENT, "overrides": {}}, is_complete=True)

    run("import_streams", file)

    wanted = ChangeRequest.objects.latest("pk").changes
    assert [(one.section, one.name, one.kind) for one in wanted] == [("overrides", "staging:+*", "added")]


def test_check_revisions__untouched__says_so(streams: None) -> None:
    assert "what was published" in run("check_revisions")


def test_check_revisions__one_changed_past_the_trigger__is_named(streams: None) -> None:
    configuring.switch(["ui.click"], is_enabled=False, author="ann", reason="")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no check may wait while the table is altered
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what the publish above left to the transaction's end
        # What only the database's owner can do; the chain tells it all the same.
        cursor.execute("ALTER TABLE streamconfig_revision DISABLE TRIGGER USER")
        cursor.execute("UPDATE streamconfig_revision SET author = 'eve' WHERE number = 1")
        cursor.execute("ALTER TABLE streamconfig_revision ENABLE TRIGGER USER")

    with pytest.raises(CommandError, match="Revision 1 is not what was published"):
        run("check_revisions")
