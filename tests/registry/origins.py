"""Real git repositories for tests, made with the git of this machine in a test's own folder."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eventplatform import env

_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    **{f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def schema(schema_id: str, more: str = "") -> str:
    return f"$id: {schema_id}\n$schema: https://json-schema.org/draft-07/schema#\ntype: object\n{more}"


@dataclass(frozen=True)
class Origin:
    """A repository that others pull from."""

    path: Path

    @classmethod
    def make(cls, path: Path) -> Origin:
        path.mkdir(parents=True)
        origin = cls(path)
        origin.git("init", "--quiet", "--initial-branch=main")
        return origin

    def git(self, *arguments: str, stdin: bytes | None = None) -> str:
        git = shutil.which("git")
        assert git is not None
        done = subprocess.run(
            [git, *arguments], cwd=self.path, env=env.child(_ENVIRONMENT), input=stdin, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    def commit(self, files: Mapping[str, str | None]) -> str:
        """Write the files (None takes one away) and commit all; answers the commit."""
        for name, text in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True) if text is None else file.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "change")
        return self.head

    def commit_tree(self, *entries: tuple[str, str, bytes, bytes]) -> str:
        """Commit a root tree of raw entries (mode, type, path, content or object's name), as no checkout could hold."""
        lines = b""
        for mode, kind, path, content in entries:
            name = content if kind == "commit" else self.git("hash-object", "-w", "--stdin", stdin=content).encode()
            lines += f"{mode} {kind} ".encode() + name + b"\t" + path + b"\0"
        tree = self.git("mktree", "-z", "--missing", stdin=lines)
        return self.git("commit-tree", tree, "-m", "raw")

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")
