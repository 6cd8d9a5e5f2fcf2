"""Runs git as one that trusts nobody: a bare environment, no configuration but ours, bounded in time, output and disk."""

from __future__ import annotations

import functools
import os
import re
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from registry.git.errors import GitMissingError, TooBigError, TooSlowError

_OLDEST = (2, 37)  # the first that can be told a host's addresses: http.curloptResolve
_PATH = "/usr/local/bin:/usr/bin:/bin"
_ERROR_BYTES = 64 * 1024
_POLL_SECONDS = 0.2
_CHUNK = 1 << 16

# By the environment, so that no argument list shows it, and as the last word over any file.
_CONFIG = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.askPass": "",
    "core.attributesFile": "/dev/null",
    "core.bigFileThreshold": "1m",  # larger blobs pass through in a stream, never through memory
    "credential.helper": "",
    "protocol.allow": "never",
    "protocol.ext.allow": "never",
    "fetch.fsckObjects": "true",
    "transfer.fsckObjects": "true",
    "fetch.fsck.zeroPaddedFilemode": "ignore",  # harmless, and found in old repositories
    "fetch.recurseSubmodules": "false",
    "fetch.unpackLimit": "1",  # always a pack: one file whose size can be watched
    "transfer.bundleURI": "false",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "20",
    "http.emptyAuth": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run of git may cost."""

    seconds: float = 120.0
    disk_bytes: int = 200 << 20
    output_bytes: int = 64 << 20


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run ended; `errors` is what git said, unscrubbed: for `Mirror` alone."""

    code: int
    output: bytes
    errors: str


@functools.cache
def executable() -> str:
    """Git's absolute path, once it was found to be new enough."""
    path = shutil.which("git", path=_PATH) or shutil.which("git")
    if path is None:
        raise GitMissingError(reason="There is no git on this machine.")
    asked = [path, "--version"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False, env={"PATH": _PATH}).stdout  # noqa: S603  # our own words
    version = tuple(int(part) for part in re.findall(r"\d+", said)[:2])
    if version < _OLDEST:
        raise GitMissingError(reason=f"The git on this machine is too old ({said.strip()[:60]}).")
    return os.path.abspath(path)  # noqa: PTH100  # no link is resolved: git finds its parts by the name it is called


def environment(
    git_dir: Path, transport: str, config: Iterable[tuple[str, str]] = (), extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """All that git and its children see: one protocol, no terminal, no files of users or the system."""
    pairs = [*_CONFIG.items(), (f"protocol.{transport}.allow", "always"), *config]
    numbered = {f"GIT_CONFIG_KEY_{n}": name for n, (name, _) in enumerate(pairs)}
    numbered |= {f"GIT_CONFIG_VALUE_{n}": value for n, (_, value) in enumerate(pairs)}
    return {
        "PATH": f"{os.path.dirname(executable())}:{_PATH}",  # noqa: PTH120  # a text for a text
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_DIR": str(git_dir),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": transport,
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_CONFIG_COUNT": str(len(pairs)),
        **numbered,
        **(extra or {}),
    }


@dataclass(frozen=True, slots=True)
class Git:
    """Git within one environment; `tick` is called with the newest words of git's, some times a second."""

    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    limits: Limits = field(default_factory=Limits)
    tick: Callable[[str], None] = lambda _said: None

    def start(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """A process in a group of its own, so that its children end with it."""
        return subprocess.Popen(  # noqa: S603  # a list of arguments, no shell, nothing of a stranger's before `--`
            [executable(), *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=dict(self.environment),
            start_new_session=True,
        )

    def run(self, *arguments: str) -> Finished:
        """Run to the end, or kill the whole group at the first limit."""
        process = self.start(*arguments)
        try:
            output, errors = self._watch(process)
            code = process.wait(timeout=self.limits.seconds)
        except subprocess.TimeoutExpired:
            raise TooSlowError(seconds=f"{self.limits.seconds:.0f}") from None
        finally:
            end(process)
        return Finished(code, output, errors)

    def _watch(self, process: subprocess.Popen[bytes]) -> tuple[bytes, str]:
        deadline = time.monotonic() + self.limits.seconds
        said: dict[str, bytearray] = {"out": bytearray(), "err": bytearray()}
        with selectors.DefaultSelector() as selector:
            for name, pipe in (("out", process.stdout), ("err", process.stderr)):
                selector.register(pipe, selectors.EVENT_READ, name)  # type: ignore[arg-type]  # both are pipes
            while selector.get_map():
                for key, _ in selector.select(_POLL_SECONDS):
                    chunk = os.read(key.fd, _CHUNK)
                    said[key.data] += chunk
                    if not chunk:
                        selector.unregister(key.fileobj)
                del said["err"][:-_ERROR_BYTES]
                self._check(deadline, len(said["out"]))
                self.tick(said["err"][-200:].decode(errors="replace"))
        return bytes(said["out"]), said["err"].decode(errors="replace")

    def _check(self, deadline: float, output_bytes: int) -> None:
        if time.monotonic() > deadline:
            raise TooSlowError(seconds=f"{self.limits.seconds:.0f}")
        if output_bytes > self.limits.output_bytes:
            raise TooBigError(limit=f"{self.limits.output_bytes >> 20} MB of paths")
        if size_of(self.folder) > self.limits.disk_bytes:
            raise TooBigError(limit=f"{self.limits.disk_bytes >> 20} MB")


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill the group of a process that hasn't been waited for: until then its number is nobody else's."""
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    process.wait()


def size_of(folder: Path) -> int:
    """Bytes of all files below, those just being written too."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118  # called often: no objects
            except FileNotFoundError:
                continue  # git has just renamed it
    return total
