"""Replaces itself by a command that dies with its starter: `launch.py SIGNAL STARTER_PID command …`; standard library only."""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1
_STARTER_GONE = 75


def main() -> None:
    """Ask the kernel for `SIGNAL` at the starter's death, then become the command."""
    signal_number, starter, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
        # The starter may have died before the request stood.
        if os.getppid() != int(starter):
            sys.exit(_STARTER_GONE)
    os.execv(command[0], command)  # noqa: S606  # no shell is the point


if __name__ == "__main__":
    main()
