"""Reads the files of a commit straight from git's objects: no checkout, so no hook, filter or link ever acts."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from registry.git import command
from registry.git.command import Git
from registry.git.errors import BrokenObjectsError
from registry.schema import repository_files
from registry.schema.repository_files import Entry, Found

_LINK, _SUBMODULE = b"120000", b"160000"

Progress = Callable[[int, int], None]


def read(git: Git, commit: str, schema_folder: str, progress: Progress = lambda _done, _total: None) -> Found:
    """What the commit holds below `schema_folder`. `commit` is a full name, the folder was checked."""
    tree = commit if schema_folder == "." else f"{commit}:{schema_folder}"
    listed = git.run("ls-tree", "-r", "-z", "-l", "--full-tree", tree)
    if listed.code:  # absent, or no folder: a link too
        return repository_files.nothing_in("this commit", schema_folder)
    lines = [line for line in listed.output.split(b"\0") if line]
    with _blobs(git) as blobs:
        return repository_files.collect(_counted(lines, blobs, progress), schema_folder)


def _counted(lines: list[bytes], blobs: _Blobs, progress: Progress) -> Iterator[Entry]:
    for number, line in enumerate(lines):
        progress(number, len(lines))
        yield _entry(line, blobs)
    progress(len(lines), len(lines))


def _entry(line: bytes, blobs: _Blobs) -> Entry:
    """Git's line is mode, type, object and size, a tab, and the path, which is any bytes but NUL."""
    facts, _, path = line.partition(b"\t")
    mode, _, name, size = facts.split()
    shown = path.decode("utf-8", "surrogateescape")
    if mode == _SUBMODULE:
        return Entry(shown, "submodule", 0, bytes)
    if not size.isdigit():
        raise BrokenObjectsError(reason=f"{name.decode()} is missing.")
    return Entry(shown, "link" if mode == _LINK else "file", int(size), lambda: blobs.read(name))


@dataclass(frozen=True, slots=True)
class _Blobs:
    process: subprocess.Popen[bytes]

    def read(self, name: bytes) -> bytes:
        """The content of one object, by its full name."""
        asked, answer = self.process.stdin, self.process.stdout
        assert asked is not None  # noqa: S101  # both are pipes: for mypy
        assert answer is not None  # noqa: S101  # likewise
        try:
            asked.write(name + b"\n")
            asked.flush()
            facts = answer.readline().split()
            content = answer.read(int(facts[2]) + 1)[:-1]
        except (IndexError, ValueError, OSError) as error:
            raise BrokenObjectsError(reason=f"{name.decode()} can't be read.") from error
        return content


@contextmanager
def _blobs(git: Git) -> Iterator[_Blobs]:
    """One process that answers for all objects; killed when the time is over, which ends a read that waits."""
    process = git.start("cat-file", "--batch", stdin=subprocess.PIPE)
    clock = threading.Timer(git.limits.seconds, process.kill)
    clock.daemon = True
    clock.start()
    try:
        yield _Blobs(process)
    finally:
        clock.cancel()
        command.end(process)
