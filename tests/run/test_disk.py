"""A disk that can't be written: said before anything runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from eventplatform import env
from eventplatform.embedded import addresses
from eventplatform.run import __main__ as run
from eventplatform.run.roles import environment


def start_in(var: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "eventplatform.run"]
    given = env.child({"VAR_DIR": str(var), "PORT": "1"})
    return subprocess.run(command, cwd=env.ROOT, env=given, capture_output=True, text=True, check=False)


def make_file(path: Path) -> None:
    path.write_text("no folder")


@pytest.mark.slow
@pytest.mark.parametrize("inside", ["", "var"])
def test_start__var_dir_is_or_lies_in_a_file__one_sentence(inside: str, tmp_path: Path) -> None:
    make_file(tmp_path / "file")

    done = start_in(tmp_path / "file" / inside)

    assert (done.returncode, done.stderr) == (1, "")
    assert len(done.stdout.splitlines()) == 1
    assert "VAR_DIR" in done.stdout


def test_start__disk_full__said_before_settings_write_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setattr("eventplatform.embedded.folders._NEEDED_BYTES", 1 << 60)
    monkeypatch.setattr(run, "listen_to_signals", lambda: None)

    assert run.main() == 1

    assert "too full" in capsys.readouterr().out
    assert not list((tmp_path / "var").iterdir())


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="this system keeps no files in memory")
def test_metrics__of_a_role__lie_in_memory_and_never_on_the_disk_of_var(tmp_path: Path) -> None:
    folder = Path(environment("intake", tmp_path, 8000, {})["PROMETHEUS_MULTIPROC_DIR"])

    assert folder == addresses.metrics_directory(tmp_path) / "intake"
    assert tmp_path not in folder.parents
    assert folder != Path(environment("intake", tmp_path / "other", 8000, {})["PROMETHEUS_MULTIPROC_DIR"])
    assert str(os.geteuid()) in folder.parent.name
