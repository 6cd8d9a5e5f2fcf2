"""Starts followers, and waits for what they tell."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from django.conf import settings

Told = dict[str, Any]


@contextmanager
def second_process(environment: Mapping[str, str], part: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.streamconfig.follower", part]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, **pipes)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


class Follower:
    """A process that tells; what it told is gathered by a thread."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.told: list[Told] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            self.told.append(json.loads(line))

    def first(self, is_it: Callable[[Told], bool], seconds: float = 15) -> Told:
        """The first telling of that kind, waited for."""
        eventually(lambda: any(map(is_it, tuple(self.told))), seconds)
        return next(filter(is_it, self.told))


@contextmanager
def followers(environment: Mapping[str, str], *parts: str) -> Iterator[list[Follower]]:
    """One process for each part, each with its first snapshot."""
    with ExitStack() as stack:
        found = [Follower(stack.enter_context(second_process(environment, part))) for part in parts]
        for one in found:
            one.first(lambda _: True, seconds=30)
        yield found


def eventually(condition: Callable[[], bool], seconds: float) -> float:
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds, "it never came true"
        time.sleep(0.01)
    return time.monotonic() - begin


def ask(process: subprocess.Popen[str], word: str) -> Told:
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{word}\n")
    process.stdin.flush()
    answer: Told = json.loads(process.stdout.readline())
    return answer
