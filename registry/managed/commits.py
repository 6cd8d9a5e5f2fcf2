"""A managed repository's commits: the rows are the truth, of which files and a bare git repository are made when asked for."""

from __future__ import annotations

import fcntl
import logging
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings

from eventplatform.core.errors import FatalError
from registry.managed.commit_objects import CommitFacts, Files, History
from registry.models import Commit, Repository
from registry.schema.repository_files import Entry, Found, collect

log = logging.getLogger(__name__)

BRANCH = "main"
_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"


class HistoryAlteredError(FatalError):
    """A commit's row no longer says what it said when it was made."""

    code = "commit.altered"
    message = "Commit {number} of the repository {repository} reads differently than when it was made."
    remedy = "Restore the rows of its commits from a backup; clones that exist hold the true history."


def history_of(repository: Repository) -> tuple[History, dict[str, str | dict[str, str]]]:
    """The history so far, to be gone on with, and the files at its end."""
    history = History()
    files: dict[str, str | dict[str, str]] = {}
    for row in _rows(repository):
        history.add(_facts(row))
        files = after(files, row.files)
    return history, files


def after(files: dict[str, str | dict[str, str]], change: Files) -> dict[str, str | dict[str, str]]:
    """The files once a commit's change is made."""
    kept = {path: content for path, content in files.items() if path not in change}
    return kept | {
        path: content if isinstance(content, str) else dict(content) for path, content in change.items() if content is not None
    }


def next_commit(
    repository: Repository, history: History, *, files: Files, message: str, author: tuple[str, str], at: datetime
) -> Commit:
    """The row, not yet saved, of a commit on top of `history`, which has it from then on."""
    number = Commit.objects.filter(repository=repository).count() + 1
    name, email = author
    row = Commit(
        repository=repository,
        number=number,
        author_name=name[:150],
        author_email=email[:254],
        committed_at=at.replace(microsecond=0),
        message=message,
        files=files,
    )
    history.add(_facts(row))
    row.sha = history.head
    return row


def found(files: Mapping[str, str | Mapping[str, str]], schema_folder: str) -> Found:
    """What an import sees of the files, as if it had read them from a git tree."""
    prefix = f"{schema_folder}/"
    below = {path.removeprefix(prefix): content for path, content in files.items() if path.startswith(prefix)}
    return collect((_entry(path, content) for path, content in sorted(below.items())), schema_folder)


def _entry(path: str, content: str | Mapping[str, str]) -> Entry:
    data = content.encode() if isinstance(content, str) else content["link"].encode()
    return Entry(path, "file" if isinstance(content, str) else "link", len(data), lambda: data)


def bare_folder(repository: Repository) -> Path:
    """The bare repository on this host, up to date; any number of processes may ask at once.

    Raises:
        HistoryAlteredError: the rows contradict the names of their commits.
    """
    folder = Path(settings.VAR_DIR) / "managed" / f"{repository.pk}.git"
    if not (head := _head(folder)) or head != _newest(repository):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder.with_suffix(".lock")):
            _bring_up(folder, repository)
    return folder


def _rows(repository: Repository) -> Iterator[Commit]:
    return Commit.objects.filter(repository=repository).order_by("number").iterator(100)


def _newest(repository: Repository) -> str:
    return Commit.objects.filter(repository=repository).order_by("-number").values_list("sha", flat=True).first() or ""


def _facts(row: Commit) -> CommitFacts:
    return CommitFacts(row.files, row.message, row.author_name, row.author_email, row.committed_at)


def _head(folder: Path) -> str:
    try:
        return (folder / "refs/heads" / BRANCH).read_text().strip()
    except FileNotFoundError:
        return ""


def _bring_up(folder: Path, repository: Repository) -> None:
    head = _head(folder)
    if head and not Commit.objects.filter(repository=repository, sha=head).exists():
        log.warning("commits.folder_of_another_past", extra={"repository": repository.name, "head": head})
        shutil.rmtree(folder)
    _prepare(folder)
    history = History()
    for row in _rows(repository):
        objects = history.add(_facts(row))
        if history.head != row.sha:
            raise HistoryAlteredError(number=row.number, repository=repository.name)
        for sha, content in objects.items():
            _write_object(folder, sha, content)
    if history.head:
        _write(folder / "refs/heads" / BRANCH, f"{history.head}\n".encode())  # last: what it names is there


def _prepare(folder: Path) -> None:
    for name in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, content in (("HEAD", f"ref: refs/heads/{BRANCH}\n"), ("config", _CONFIG)):
        if not (folder / name).exists():
            _write(folder / name, content.encode())


def _write_object(folder: Path, sha: str, content: bytes) -> None:
    path = folder / "objects" / sha[:2] / sha[2:]
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        _write(path, zlib.compress(content))


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: git may be reading."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix="tmp_", delete=False) as file:
        file.write(content)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time; the lock goes with the process that holds it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
