"""Lint where people meet it: kept per state, a line among the troubles, and a command for files and continuous integration."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from eventplatform import panels
from streamconfig import findings, lookups
from streamconfig.lint import linter
from tests import configuring

pytestmark = pytest.mark.slow
BROKEN = {"streams": {"odd": {"canary_events_enabled": True}}}


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("check_streams", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.mark.usefixtures("streams")
def test_findings__same_state__are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = lookups.findings()
    monkeypatch.setattr(linter, "lint", None)

    assert lookups.findings() is first


@pytest.mark.usefixtures("streams")
def test_findings__after_a_publish__are_those_of_the_new_state() -> None:
    assert not [one for one in lookups.findings() if one.name == "odd"]

    configuring.configure(BROKEN)

    assert {one.code for one in lookups.findings() if one.name == "odd"} >= {"schema.not_set", "canary.no_service"}


@pytest.mark.usefixtures("streams")
def test_troubles__errors__are_one_line_and_warnings_none() -> None:
    assert findings.troubles(lookups.findings()) == []

    configuring.configure(BROKEN)

    (line,) = findings.troubles(lookups.findings())
    assert (line.level, line.what) == ("fail", "1 error in the configuration: odd")
    assert line in panels.troubles()


@pytest.mark.usefixtures("streams")
def test_findings__consumers__are_held_against_connectors(monkeypatch: pytest.MonkeyPatch) -> None:
    def call(name: str, *_: Any, default: Any = None) -> Any:
        return [panels.Downstream("mysql-clicks", "mysql", "hive", True, None, "")] if name == "connectors.names" else default

    monkeypatch.setattr(panels, "call", call)
    settings = {"schema_title": "t", "consumers": {"hive": {"enabled": True}, "mysql-clicks": {}, "hife": {}}}
    configuring.configure({"defaults": {}, "streams": {"s": settings}})

    found = findings.of(lookups.snapshot())

    assert [one.pointer for one in found if one.code == "consumer.unknown" and one.name == "s"] == ["/consumers/hife"]


@pytest.mark.usefixtures("streams")
def test_command__published__prints_what_is_found_and_passes_without_errors() -> None:
    assert "owner.missing  streams /^job\\..+//about/owner" in run()
    assert run("--level", "error") == ""


@pytest.mark.usefixtures("streams")
def test_command__error_or_stricter_bound__fails() -> None:
    with pytest.raises(CommandError, match=r"0 error, [1-9]"):
        run("--fail-on", "warning")

    configuring.configure(BROKEN)

    with pytest.raises(CommandError, match="1 error"):
        run()


def test_command__file_and_list__are_judged_before_any_import(tmp_path: Path, db: None) -> None:
    file, listed = tmp_path / "streams.json", tmp_path / "names.txt"
    file.write_text(json.dumps({"streams": {"s": {"schema_title": "t"}}}))
    listed.write_text("s\ngone\n")

    found = json.loads(run(str(file), "--json", "--listed", str(listed), "--level", "warning"))

    assert {one["code"]: one["name"] for one in found} == {"owner.missing": "s", "list.unknown_stream": "gone"}


@pytest.mark.parametrize("text", ["{", '{"streams": [1]}'])
def test_command__file_that_cannot_be_read__fails_with_words(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.json").write_text(text)

    with pytest.raises(CommandError):
        run(str(tmp_path / "bad.json"))


def test_check_streams__file_of_wikimedias_layers__is_read_as_the_import_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "production.json"
    layers = {"default": {"canary_events_enabled": True}, "+private": {"x": 1}}
    file.write_text(json.dumps({"defaults": layers, "streams": {"s": {"canary_events_enabled": True}}, "_source": {}}))

    with pytest.raises(CommandError):
        call_command("check_streams", str(file), stdout=(out := io.StringIO()), stderr=io.StringIO())

    assert "streams.unknown_key" not in out.getvalue()
    assert "setting.redundant" in out.getvalue()
