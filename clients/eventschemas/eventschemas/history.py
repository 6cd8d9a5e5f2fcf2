"""What git knows of a schema repository: what was published before, what is staged. Without git there is no history to ask."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from eventplatform.core.errors import RejectedError

_SECONDS = 60
_NO_COMMIT = re.compile(r"0{40}|0{64}")


class HistoryError(RejectedError):
    """git can't answer."""

    code = "git.failed"
    message = "git {command} failed: {reason}"
    remedy = "Name a commit or branch that exists here, as --since origin/main, and fetch it first."


def is_commit(name: str | None) -> bool:
    """False for none, and for the zeros by which git and its servers say of a new branch that nothing was before."""
    return name is not None and not _NO_COMMIT.fullmatch(name)


@dataclass(frozen=True, slots=True)
class History:
    """The git repository around a folder."""

    folder: Path

    @property
    def is_there(self) -> bool:
        """Whether the folder lies in a git repository, and git is on this machine."""
        try:
            return self._git("rev-parse", "--is-inside-work-tree").strip() == "true"
        except HistoryError:
            return False

    @property
    def has_commits(self) -> bool:
        """False in a repository that was just made."""
        try:
            return bool(self._resolved("HEAD"))
        except HistoryError:
            return False

    def files_at(self, commit: str) -> dict[str, str]:
        """The path below the folder of each file at a commit, with the hash of its content. Links are left out."""
        listed = self._git("ls-tree", "-r", "-z", "--end-of-options", self._resolved(commit), "./")
        rows = (row.partition("\t") for row in listed.split("\0") if row)
        return {path: head.split(" ")[2] for head, _, path in rows if head.startswith("100")}

    def text_at(self, commit: str, path: str) -> str:
        """A file's content at a commit."""
        return self._git("cat-file", "blob", f"{self._resolved(commit)}:./{path}")

    def changed_since(self, commit: str) -> set[str]:
        """The files below the folder that differ from a commit, also those not committed yet."""
        changed = self._git("diff", "--name-only", "--relative", "-z", self._resolved(commit), "--", ".")
        fresh = self._git("ls-files", "--others", "--exclude-standard", "-z", "--", ".")
        return {path for path in (changed + fresh).split("\0") if path}

    def staged(self) -> set[str]:
        """The files below the folder that the next commit changes."""
        listed = self._git("diff", "--cached", "--name-only", "--relative", "--diff-filter=ACMR", "-z", "--", ".")
        return {path for path in listed.split("\0") if path}

    def add(self, paths: list[str]) -> None:
        """Put files into the next commit."""
        if paths:
            self._git("add", "--", *paths)

    def _resolved(self, commit: str) -> str:
        return self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}").strip()

    def _git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.folder), *arguments]
        try:
            run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)  # noqa: S603  # no shell
        except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
            raise HistoryError(command=arguments[0], reason=str(error)) from None
        if run.returncode:
            raise HistoryError(command=arguments[0], reason=run.stderr.strip()[:300] or "no such commit")
        return run.stdout
