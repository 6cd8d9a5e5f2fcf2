"""A bare mirror of one branch's newest commit. It is a cache: whatever is odd about it, it is thrown away and fetched anew."""

from __future__ import annotations

import dataclasses
import fcntl
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from eventplatform.core.errors import PlatformError
from registry.git import addresses, command, said
from registry.git.addresses import Address, Rules
from registry.git.command import Finished, Git, Limits
from registry.git.credentials import Credentials
from registry.git.errors import BranchMissingError, MirrorBusyError, UnreachableError

_COMMIT = re.compile(rb"[0-9a-f]{40}")
_REF = "refs/mirror/newest"
_NO_MATCH = 2  # the code with which ls-remote ends where nothing matches
_PATIENCE_SECONDS = 5.0
_RECEIVED = re.compile(r"(?:Receiving|Resolving|Unpacking) \w+:\s+\d+% \((\d+)/(\d+)\)")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Remote:
    """What is to be mirrored, and what an installation allows."""

    url: str
    branch: str = ""
    credentials: Credentials = field(default_factory=Credentials)
    rules: Rules = field(default_factory=Rules)
    limits: Limits = field(default_factory=Limits)
    proxy: str = ""  # of https; it then resolves the names, and says which hosts may be reached


@dataclass(frozen=True, slots=True)
class Mirror:
    """One remote's mirror at `path`, open for work: see `mirrored`."""

    path: Path
    branch: str
    git: Git
    address: Address
    secrets: tuple[str, ...] = field(repr=False)

    def newest(self) -> str:
        """The branch's newest commit, as the remote says; nothing is fetched."""
        wanted = self._wanted()
        finished = self.git.run("ls-remote", "--exit-code", "--", self.address.url, wanted)
        if finished.code not in {0, _NO_MATCH}:
            raise self._failed(finished)
        # A pattern of ls-remote's also fits the end of longer names.
        found = re.search(rf"^([0-9a-f]{{40}})\t{re.escape(wanted)}$", finished.output.decode(errors="replace"), re.MULTILINE)
        if found is None:
            raise BranchMissingError(branch=self.branch or "by default: it is empty")
        return found[1]

    def fetch(self, progress: Progress = lambda _done, _total: None) -> str:
        """Bring the newest commit, without what came before it; answers which one it is by now."""

        def tick(words: str) -> None:
            counts = _RECEIVED.findall(words)
            progress(*map(int, counts[-1])) if counts else progress(0, 0)

        options = ("--depth=1", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--force", "--progress")
        git = dataclasses.replace(self.git, tick=tick)
        try:
            finished = git.run("fetch", *options, "--", self.address.url, f"+{self._wanted()}:{_REF}")
        except BaseException:
            self.discard()  # it may hold a lock, or half of something large
            raise
        if finished.code:
            raise self._failed(finished)
        return self._fetched()

    def discard(self) -> None:
        """Let the next one begin anew."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _failed(self, finished: Finished) -> PlatformError:
        """Whoever is at fault, a mirror that is broken heals by this too."""
        self.discard()
        return said.error_of(finished.errors, self.secrets)

    def _wanted(self) -> str:
        return f"refs/heads/{self.branch}" if self.branch else "HEAD"

    def _fetched(self) -> str:
        finished = self.git.run("rev-parse", "--verify", "--quiet", f"{_REF}^{{commit}}")
        if finished.code or not _COMMIT.match(finished.output):
            raise UnreachableError(reason="the branch doesn't lead to a commit.")
        return finished.output[:40].decode()


@contextmanager
def mirrored(path: Path, remote: Remote) -> Iterator[Mirror]:
    """The mirror at `path`, made where it is absent. Keys lie beside it while it is open, and no longer."""
    address = addresses.address_of(remote.url, remote.rules)
    addresses.check_branch(remote.branch)
    remote.credentials.check(address.transport)
    private = path.with_suffix(".private")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(path.with_suffix(".lock")):
        shutil.rmtree(private, ignore_errors=True)  # left by a process that was killed
        _prepare(path, remote.limits)
        private.mkdir(mode=0o700)
        try:
            config = [*_config(address, remote), *remote.credentials.config(address)]
            extra = remote.credentials.environment(address, private)
            git = Git(command.environment(path, address.transport, config, extra), path, remote.limits)
            _ensure(git)
            secrets = (*remote.credentials.words(), str(private))
            yield Mirror(path, remote.branch, git, address, secrets)
        finally:
            shutil.rmtree(private, ignore_errors=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock that dies with its process; who lost the right to a pull gives way within a second or two."""
    with path.open("w") as lock:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise MirrorBusyError from None
                time.sleep(0.1)
        yield


def _prepare(path: Path, limits: Limits) -> None:
    """Throw away what a killed fetch left locked, and what grew: old packs are never collected."""
    if path.exists() and (any(path.glob("*.lock")) or command.size_of(path) > limits.disk_bytes // 2):
        shutil.rmtree(path)
    path.mkdir(mode=0o700, exist_ok=True)


def _ensure(git: Git) -> None:
    if (git.folder / "HEAD").exists():
        return
    finished = git.run("init", "--quiet", "--bare", "--template=", "--initial-branch=none")
    if finished.code:
        raise UnreachableError(reason=said.scrubbed(finished.errors, ()))


def _config(address: Address, remote: Remote) -> Iterator[tuple[str, str]]:
    if address.transport == "https" and remote.proxy:
        yield "http.proxy", remote.proxy
        return
    public = addresses.public_addresses(address, remote.rules)
    if address.transport == "https" and public and ":" not in address.host:
        shown = (f"[{one}]" if ":" in one else one for one in public)
        yield "http.curloptResolve", f"{address.host}:{address.port}:{','.join(shown)}"
