"""Refused imports, and deprecated schemas in use, are told where everybody looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventplatform import panels
from registry import lifecycle, services
from registry.models import Repository, SchemaTitle
from tests import configuring

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_troubles__refused_import__told_until_it_succeeds(tmp_path: Path) -> None:
    file = tmp_path / "jsonschema/a/b/1.0.0.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("a: [")
    services.import_folder(name="mine", folder=tmp_path)

    told = [trouble for trouble in panels.troubles() if "mine" in trouble.what]
    file.write_text("$id: /a/b/1.0.0\n$schema: http://json-schema.org/draft-07/schema#\n")
    services.import_folder(name="mine", folder=tmp_path)

    assert [trouble.level for trouble in told] == ["warn"]
    assert "jsonschema/a/b/1.0.0.yaml:" in told[0].why
    assert [trouble for trouble in panels.troubles() if "mine" in trouble.what] == []


def test_troubles__repository_not_reached__told_with_its_remedy() -> None:
    said = {"code": "repository.unreachable", "message": "Away.", "remedy": "Wait.", "since": "2026-11-25T12:00:01+00:00"}
    Repository.objects.create(name="far", kind="git", url="https://git.example.org/a", pull_failures=1, pull_trouble=said)

    (told,) = [trouble for trouble in panels.troubles() if "far" in trouble.what]

    assert (told.remedy, told.since, told.link) == ("Wait.", "2026-11-25 12:00", "/schemas/repositories/far")
    assert "Away." in told.why


def test_troubles__deprecated_schema_in_use__told_with_its_streams(samples: Path) -> None:
    streams = {name: {"schema_title": "ui/button_click"} for name in ("a", "b", "c", "d", "e", "f", "g")}
    configuring.configure({"streams": streams}, author="ann", reason="")
    for name in ("ui/button_click", "ui/page_load"):
        title = SchemaTitle.objects.get(name=name)
        lifecycle.deprecate(title, author="ann", reason="Too wide.", replacement="sample/test_event")

    (told,) = [trouble for trouble in panels.troubles() if "deprecated" in trouble.what]

    assert told.what == "The deprecated schema ui/button_click is still used by a, b, c, d, e and 2 more"
    assert (told.why, told.remedy) == ("Too wide.", "Move the streams to sample/test_event.")
    assert told.link == "/schemas/ui/button_click"
