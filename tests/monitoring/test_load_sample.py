"""`manage.py load_sample`: everything of `examples/`, once; what people changed since stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from connectors import lookups as connector_lookups
from registry import lookups as registry_lookups
from streamconfig import lookups as stream_lookups

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

STREAMS = {"test.event", "page.change", "revision.create", "ui.button_click", "ui.page_load", "client.error"}


@pytest.fixture(autouse=True)
def var(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def test_load_sample__empty_platform__has_schemas_streams_connectors_users(tmp_path: Path) -> None:
    call_command("load_sample", verbosity=0)

    assert set(stream_lookups.fresh_snapshot().streams) >= STREAMS
    assert registry_lookups.schemas().get("/sample/test_event/1.1.0") is not None
    assert {view.name for view in connector_lookups.overview()} >= {"postgres-main", "files-archive"}
    assert (tmp_path / "demo-users.json").exists()


def test_load_sample__again__adds_nothing() -> None:
    call_command("load_sample", verbosity=0)
    before = stream_lookups.fresh_snapshot().revision, registry_lookups.schemas().revision

    call_command("load_sample", verbosity=0)

    assert (stream_lookups.fresh_snapshot().revision, registry_lookups.schemas().revision) == before


def test_load_sample__production__refuses(settings: Settings) -> None:
    settings.IS_DEMO = False

    with pytest.raises(CommandError, match="for a demo"):
        call_command("load_sample", verbosity=0)
