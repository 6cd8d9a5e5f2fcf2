"""The configuration in files: out, and in again."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from streamconfig import lookups
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
        "ui.button_click",
        "ui.page_load",
        "client.error",
    }


@pytest.mark.parametrize("text", ["streams: {s: {topics: 5}}", "streams: [", "a: b"])
def test_import__bad_file__says_what_and_changes_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)

    with pytest.raises(CommandError):
        run("import_streams", file)
    assert lookups.snapshot().revision == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"streams:\n  a.b: {}\n  a.b: {}\n", r"bad\.yaml:3: .*second time.*document\.duplicate_key"),
        (b"streams:\n  \xff: {}\n", "no UTF-8 text"),
        (b"streams: [", r"bad\.yaml:\d: .*document\.unreadable"),
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


def test_check_revisions__untouched__says_so(streams: None) -> None:
    assert "what was published" in run("check_revisions")


def test_check_revisions__one_changed_past_the_trigger__is_named(streams: None) -> None:
    configuring.switch(["ui.click"], is_enabled=False, author="ann", reason="")
    with connection.cursor() as cursor:
        # What only the database's owner can do; the chain tells it all the same.
        cursor.execute("ALTER TABLE streamconfig_revision DISABLE TRIGGER USER")
        cursor.execute("UPDATE streamconfig_revision SET author = 'eve' WHERE number = 1")
        cursor.execute("ALTER TABLE streamconfig_revision ENABLE TRIGGER USER")

    with pytest.raises(CommandError, match="Revision 1 is not what was published"):
        run("check_revisions")
