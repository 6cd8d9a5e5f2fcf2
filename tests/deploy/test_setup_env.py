"""The setup of the environment: old Pythons, half-made environments, licences."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import check_licences, environment
from eventplatform import env

SCRIPT = env.ROOT / "deploy/setup_env.py"


def test_setup__old_python__parses_and_says_one_sentence(tmp_path: Path) -> None:
    ast.parse(SCRIPT.read_text(), feature_version=(3, 4))
    pretend = f"import sys, runpy; sys.version_info = (3, 8, 0); runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"

    run = subprocess.run(
        [sys.executable, "-c", pretend], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert run.returncode == 1
    assert run.stderr.startswith("Python 3.11 or newer is needed")
    assert len(run.stderr.strip().splitlines()) == 1


@pytest.fixture
def empty_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with lock files of two made-up packages and no environment yet."""
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    (tmp_path / "requirements.txt").write_text("one==1.0 \\\n    --hash=sha256:00\n")
    (tmp_path / "requirements-dev.txt").write_text("one==1.0\ntwo==2.0\n")
    (tmp_path / ".venv").mkdir()
    return tmp_path


def test_stands__stamp_of_these_locks__until_they_change(empty_project: Path) -> None:
    assert not environment.stands("run")
    environment.stamp("dev").write_text(environment.digest("dev"))

    assert environment.stands("run")
    assert environment.stands("dev")

    (empty_project / "requirements.txt").write_text("one==1.1\n")
    assert not environment.stands("run")


def test_stands__environment_for_running__is_not_enough_for_tests(empty_project: Path) -> None:
    environment.stamp("run").write_text(environment.digest("run"))

    assert environment.stands("run")
    assert not environment.stands("dev")


def test_main__disk_full__one_sentence(
    empty_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "NEEDED_MB", 1 << 40)

    assert environment.main(["run"]) == 1

    assert "Free some space and start again" in capsys.readouterr().err


def test_main__folder_of_something_else__not_overwritten(empty_project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (empty_project / ".venv/photo.jpg").write_text("")

    assert environment.main(["run"]) == 1

    assert "is no virtual environment" in capsys.readouterr().err
    assert (empty_project / ".venv/photo.jpg").exists()


@pytest.mark.parametrize(
    ("name", "text", "is_fine"),
    [
        ("django", "BSD-3-Clause", True),
        ("orjson", "MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("psycopg", "LGPL-3.0-only", True),
        ("stranger", "LGPL-3.0-only", False),
        ("stranger", "GPL-3.0", False),
        ("stranger", "GNU General Public License v3", False),
        ("stranger", "MIT AND AGPL-3.0", False),
        ("stranger", "GPL-2.0 OR MIT", True),
        ("stranger", "Proprietary, limited", False),
        ("stranger", "", False),
    ],
)
def test_is_allowed__licence__judged(name: str, text: str, is_fine: bool) -> None:  # noqa: FBT001  # a parameter of the table
    assert check_licences.is_allowed(name, text) is is_fine
