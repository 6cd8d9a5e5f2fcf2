"""The git objects of a history, computed from its files alone: every host gives the same history the same names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

Files = Mapping[str, str | Mapping[str, str] | None]  # as rows keep them: text, {"link": target}, or null where it goes

_FILE, _LINK, _TREE = b"100644", b"120000", b"40000"
_UNWRITABLE = str.maketrans("", "", "<>\n\r\0")  # what git allows in no name


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """Everything that a commit's name depends on, but for what stands before it."""

    files: Files
    message: str
    author_name: str
    author_email: str
    committed_at: datetime


@dataclass(slots=True)
class _Leaf:
    mode: bytes
    sha: str


@dataclass(slots=True)
class _Folder:
    inside: dict[str, _Folder | _Leaf] = field(default_factory=dict)
    sha: str = ""  # empty while something inside has changed


class History:
    """A branch that grows commit by commit."""

    def __init__(self) -> None:
        self.head = ""
        self._root = _Folder()
        self._fresh: dict[str, bytes] = {}

    def add(self, facts: CommitFacts) -> dict[str, bytes]:
        """Append a commit, whose name `head` is then; answers its new objects by name, each after what it names."""
        self._fresh = {}
        for path, content in facts.files.items():
            self._put(path, content)
        tree = self._tree(self._root)
        self.head = self._keep(b"commit", _commit(tree, self.head, facts))
        return self._fresh

    def _put(self, path: str, content: str | Mapping[str, str] | None) -> None:
        *folders, name = path.split("/")
        folder = self._root
        way = [(folder, "")]
        folder.sha = ""
        for part in folders:
            child = folder.inside.get(part)
            if not isinstance(child, _Folder):
                child = folder.inside[part] = _Folder()
            way.append((child, part))
            folder = child
            folder.sha = ""
        if content is not None:
            folder.inside[name] = self._leaf(content)
            return
        folder.inside.pop(name, None)
        for (above, _), (below, part) in reversed(list(pairwise(way))):
            if not below.inside:  # git keeps no empty folders
                del above.inside[part]

    def _leaf(self, content: str | Mapping[str, str]) -> _Leaf:
        if isinstance(content, str):
            return _Leaf(_FILE, self._keep(b"blob", content.encode()))
        return _Leaf(_LINK, self._keep(b"blob", content["link"].encode()))

    def _tree(self, folder: _Folder) -> str:
        if not folder.sha:
            folder.sha = self._keep(b"tree", b"".join(self._lines(folder)))
        return folder.sha

    def _lines(self, folder: _Folder) -> Iterator[bytes]:
        named = [(name.encode() + b"/" * isinstance(one, _Folder), name, one) for name, one in folder.inside.items()]
        for _, name, one in sorted(named, key=lambda entry: entry[0]):  # git's order: a folder as if it ended with a slash
            mode, sha = (one.mode, one.sha) if isinstance(one, _Leaf) else (_TREE, self._tree(one))
            yield mode + b" " + name.encode() + b"\0" + bytes.fromhex(sha)

    def _keep(self, kind: bytes, content: bytes) -> str:
        whole = kind + b" " + str(len(content)).encode() + b"\0" + content
        sha = hashlib.sha1(whole, usedforsecurity=False).hexdigest()  # the name that git gives, no seal
        self._fresh[sha] = whole
        return sha


def _commit(tree: str, parent: str, facts: CommitFacts) -> bytes:
    name = facts.author_name.translate(_UNWRITABLE).strip(" .,:;\"'") or "unknown"
    email = facts.author_email.translate(_UNWRITABLE).strip()
    who = f"{name} <{email}> {int(facts.committed_at.timestamp())} +0000"
    lines = [f"tree {tree}", *([f"parent {parent}"] if parent else []), f"author {who}", f"committer {who}"]
    return ("\n".join(lines) + "\n\n" + facts.message.replace("\0", "").strip() + "\n").encode()
