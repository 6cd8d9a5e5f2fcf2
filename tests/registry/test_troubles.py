"""Refused imports are told where everybody looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventplatform import panels
from registry import services

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
