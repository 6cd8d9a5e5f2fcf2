from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from registry.managed.commit_objects import CommitFacts, Files, History

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
CHANGES: list[Files] = [
    {"README.md": "Hällo\n", "a/b/1.0.0.yaml": "x: 1\n", "a/b/latest": {"link": "1.0.0.yaml"}, "a.b": "before a/", "a-b": "x"},
    {"a/b/1.1.0.yaml": "x: 2\n", "a/b/latest": {"link": "1.1.0.yaml"}},
    {"a/b/1.0.0.yaml": None, "a/b/1.1.0.yaml": None, "a/b/latest": None},
]


def facts(files: Files, number: int = 0) -> CommitFacts:
    return CommitFacts(files, f"Commit {number}\n\nWhy", "Ada <Lovelace", "ada@example.org", AT + timedelta(hours=number))


def test_history__same_facts__same_names() -> None:
    heads = []
    for _ in range(2):
        history = History()
        for number, files in enumerate(CHANGES):
            history.add(facts(files, number))
        heads.append(history.head)

    assert heads[0] == heads[1]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")
def test_history__git_itself_commits_the_same_files__same_names(tmp_path: Path) -> None:
    def git(*arguments: str, number: int = 0) -> str:
        when = f"{int((AT + timedelta(hours=number)).timestamp())} +0000"
        who = {"NAME": "Ada Lovelace", "EMAIL": "ada@example.org", "DATE": when}
        people = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
        given = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path), **people}
        return subprocess.run(["git", *arguments], cwd=tmp_path, env=given, check=True, capture_output=True, text=True).stdout

    git("init", "-q", "-b", "main")
    history = History()
    for number, files in enumerate(CHANGES):
        history.add(facts(files, number))
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if isinstance(content, str):
                path.write_text(content)
            elif content is not None:
                path.symlink_to(content["link"])
        git("add", "-A")
        git("commit", "-q", "-m", f"Commit {number}\n\nWhy", number=number)

        assert history.head == git("rev-parse", "HEAD").strip()
