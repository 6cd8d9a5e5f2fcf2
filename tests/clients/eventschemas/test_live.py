"""The command's question to a live registry, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from pytest_django.live_server_helper import LiveServer

from eventschemas import elsewhere, live
from registry import services

pytestmark = pytest.mark.slow

EXAMPLES = Path(settings.BASE_DIR) / "examples/schemas/primary"
SCHEMA = "$schema: https://json-schema.org/draft-07/schema#\ntype: object\n"
FILES = {
    "jsonschema/a/b/1.0.0.yaml": f"$id: /a/b/2.0.0\n{SCHEMA}",
    "jsonschema/c/d/1.0.0.yaml": f"title: c/d\n$id: /c/d/1.0.0\n{SCHEMA}properties:\n  camelCase: {{type: string}}\n",
}


def test_ask__live_registry__problems_and_findings_by_line(live_server: LiveServer) -> None:
    services.import_folder(name="primary", folder=EXAMPLES)

    found = {(one.path, one.line, one.code) for one in live.ask(live_server.url, "primary", FILES)}

    assert ("jsonschema/a/b/1.0.0.yaml", 1, "schema.file_id") in found
    assert any(path == "jsonschema/c/d/1.0.0.yaml" and line == 6 for path, line, _ in found)


def test_ask__pages_need_login__with_an_account(live_server: LiveServer, settings: Any) -> None:
    services.import_folder(name="primary", folder=EXAMPLES)
    User.objects.create_user("ci", password="a-long-password")
    settings.PAGES_NEED_LOGIN = True

    assert live.ask(live_server.url, "primary", FILES, "ci:a-long-password")
    with pytest.raises(elsewhere.ElsewhereError):
        live.ask(live_server.url, "primary", FILES)
