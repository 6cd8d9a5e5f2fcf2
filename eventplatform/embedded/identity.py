"""How Postgres, which refuses to run as root, is run when the starter is root: without a change to the host's users."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Identity:
    """A way to run a program: what to put in front of it, and the host's user id that owns its files."""

    prefix: tuple[str, ...]
    owner: int

    def can_run(self, command: Sequence[str], folder: Path) -> bool:
        """Whether the command runs this way and may write into `folder`, tried with a harmless call."""
        check = 'test -w "$1" && shift && exec "$@"'
        run = subprocess.run(  # noqa: S603  # programs of ours, no shell text from outside
            [*self.prefix, "/bin/sh", "-c", check, "sh", str(folder), *command],
            capture_output=True,
            check=False,
        )
        return run.returncode == 0


def candidates() -> Iterator[Identity]:
    """The ways to run a server here, the best first; a plain user runs it directly."""
    if os.geteuid() != 0:
        yield Identity((), os.geteuid())
        return
    if unshare := shutil.which("unshare"):
        # In its own user namespace the server is user 1000; on the host its files stay root's.
        yield Identity((unshare, "--user", "--map-user=1000", "--map-group=1000"), 0)
    if setpriv := shutil.which("setpriv"):
        nobody = pwd.getpwnam("nobody").pw_uid
        for capability in ("dac_read_search", "dac_override"):  # to pass through root's private folders
            who = (f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups")
            sets = [
                part for name in ("bounding-set", "inh-caps", "ambient-caps") for part in (f"--{name}", f"-all,+{capability}")
            ]
            yield Identity((setpriv, *who, *sets), nobody)
