"""The pytest plugin in a run of its own: settings, the mark, and what it says where there are none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.python.testing.conftest import FOLDERS

CLIENT = Path(__file__).parents[4] / "clients/python"
SETTINGS = f"""
[pytest]
event_schemas =
    {FOLDERS[0]}
event_streams =
    test.event = sample/test_event
"""
TESTS = """
import httpx, pytest

GOOD = {"$schema": "/sample/test_event/1.1.0", "meta": {"stream": "test.event"}, "test": "hello"}
SECOND = {**GOOD, "meta": {"stream": "second.event"}}


def test_good(event_door):
    httpx.post(event_door.intake_url, json=[GOOD, SECOND])
    assert [one["test"] for one in event_door.good(1)] == ["hello"]
    assert [one.code for one in event_door.bad(1)] == ["stream.unknown"]


@pytest.mark.event_streams({"second.event": "sample/test_event"})
def test_mark(event_door):
    httpx.post(event_door.intake_url, json=[GOOD, SECOND])
    assert len(event_door.good(2)) == 2
"""

pytestmark = pytest.mark.slow


def run(folder: Path, settings: str) -> str:
    (folder / "pytest.ini").write_text(settings)
    (folder / "test_client.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "eventclient.testing.plugin", "--strict-markers", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(CLIENT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout


def test_event_door__settings_and_mark__heeded(tmp_path: Path) -> None:
    assert "2 passed" in run(tmp_path, SETTINGS)


def test_event_door__no_folder_set__says_what_to_set(tmp_path: Path) -> None:
    assert "Set event_schemas in the pytest section" in run(tmp_path, "[pytest]")


def test_plugin__loaded_where_nobody_asks_for_a_door__needs_no_validator(tmp_path: Path) -> None:
    check = "import eventclient.testing.plugin, sys; assert 'jsonschema_rs' not in sys.modules and 'yaml' not in sys.modules"

    subprocess.run([sys.executable, "-c", check], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(CLIENT)}, check=True)


def test_package__imports_nothing_of_the_platform(tmp_path: Path) -> None:
    check = (
        "import eventclient.testing.door, sys;"
        "assert not {'django', 'registry', 'eventplatform', 'streamconfig'} & {name.split('.')[0] for name in sys.modules}"
    )

    subprocess.run([sys.executable, "-c", check], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(CLIENT)}, check=True)


def test_event_door__folder_without_a_schema__said_before_any_event_is_refused(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()

    assert "No <title>/<version>.yaml is in" in run(tmp_path, "[pytest]\nevent_schemas = schemas\n")
