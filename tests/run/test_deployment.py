"""The deployment is one of two words, and a refusal of the environment is one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from eventplatform import env


@pytest.mark.parametrize("command", [["manage.py", "check"], ["-m", "eventplatform.run"]])
@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"DEPLOYMENT": "prod"}, "DEPLOYMENT='prod' is none of the words that it takes; write demo or production."),
        ({"DEPLOYMENT": "production", "SECRET_KEY": ""}, "SECRET_KEY is not set."),
    ],
)
def test_start__environment_refused__one_sentence(command: list[str], extra: dict[str, str], said: str, tmp_path: Path) -> None:
    given = env.child({"VAR_DIR": str(tmp_path), "PORT": "1", **extra})

    done = subprocess.run([sys.executable, *command], cwd=env.ROOT, env=given, capture_output=True, text=True, check=False)

    output = done.stdout + done.stderr
    assert done.returncode == 1
    assert output.startswith(said)
    assert len(output.splitlines()) == 1


def test_one_of__known_word_or_nothing__is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYMENT", "")
    assert env.one_of("DEPLOYMENT", "demo", ("demo", "production")) == "demo"

    monkeypatch.setenv("DEPLOYMENT", "production")
    assert env.one_of("DEPLOYMENT", "demo", ("demo", "production")) == "production"
