"""What the console shows of a start: a calm list of steps with their seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_WIDTH = 22


def say(text: str = "") -> None:
    """Write a line at once, also into a pipe; a reader that went away is no reason to stop."""
    try:
        print(text, flush=True)  # noqa: T201  # the console is this package's output
    except OSError:  # a closed pipe, a closed terminal
        sys.stdout = None  # nobody reads any more; print then writes nothing


@contextmanager
def step(name: str, note: str = "") -> Iterator[None]:
    """Show a step with the time that it took; on a terminal also while it runs."""
    started = time.monotonic()
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    if is_terminal:
        print(f"  …  {name}", end="\r", flush=True)  # noqa: T201  # likewise
    try:
        yield
    except BaseException:
        say(f"  ✗  {name:<{_WIDTH}} {time.monotonic() - started:5.1f} s")
        raise
    say(f"  ✓  {name:<{_WIDTH}} {time.monotonic() - started:5.1f} s   {note}".rstrip())
