"""A small schema repository in git, and the command run in it."""

from __future__ import annotations

import contextlib
import io
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from eventschemas import cli
from registry.managed import texts as draft_texts

TITLE = "page/view"


@dataclass
class Outcome:
    code: int
    out: str
    err: str


@dataclass
class Checkout:
    """A repository on disk that tests write to and run the command in."""

    root: Path

    def run(self, *arguments: str) -> Outcome:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = cli.main(["--root", str(self.root), *arguments])
        return Outcome(code, out.getvalue(), err.getvalue())

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    def change(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text
        self.write(path, text.replace(old, new))

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
        command = ["git", "-C", str(self.root), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "A step")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A git repository with the title page/view 1.0.0, made and committed."""
    found = Checkout(tmp_path)
    found.git("init", "--quiet")
    found.write(f"jsonschema/{TITLE}/current.yaml", draft_texts.new_title(TITLE, "1.0.0"))
    assert found.run("materialize").code == 0
    found.commit()
    return found
