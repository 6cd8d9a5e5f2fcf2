"""The engine's process as its asker sees it: started without anything of ours, ended whatever happens."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import IO, Any, Self

import orjson
from django.conf import settings

from monitoring.realtime import frames
from monitoring.realtime.errors import OF_ENGINE, EngineBrokenError, TooSlowError

_LONGEST_LINE = 64 * 1024 * 1024
_START_SECONDS = 10  # of the process, and for its own errors to arrive


class Engine:
    """The process; whatever happens, it has ended when the block has."""

    def __init__(self) -> None:
        limit = _START_SECONDS + settings.SQL_READ_SECONDS + settings.SQL_ANSWER_SECONDS
        self._process = subprocess.Popen(
            [sys.executable, "-s", "-m", "monitoring.realtime.engine"],
            cwd=settings.BASE_DIR,
            env={},  # no address and no secret of ours
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a trace could hold what an event held
        )
        self._is_late = False
        self._timer = threading.Timer(limit, self._end)
        self._timer.daemon = True
        self._timer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._process.kill()
        for pipe in (self._stdin, self._stdout):
            try:
                pipe.close()
            except OSError:
                continue  # what was still to be sent has nobody to go to
        self._process.wait()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None  # noqa: S101  # it is a pipe
        return self._process.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process.stdout is not None  # noqa: S101  # it is a pipe
        return self._process.stdout

    def send(self, content: Mapping[str, Any]) -> None:
        """A frame of JSON."""
        self.write(frames.framed(orjson.dumps(content)))

    def write(self, content: bytes) -> None:
        """Bytes; what a process that has ended had to say comes as its error."""
        try:
            self._stdin.write(content)
            self._stdin.flush()
        except OSError:
            self.line()
            raise self._broken() from None

    def line(self) -> dict[str, Any]:
        """What the process says next.

        Raises:
            RejectedError: it says that the question is at fault.
            EngineBrokenError: it has ended.
        """
        said = self._stdout.readline(_LONGEST_LINE)
        if not said.endswith(b"\n"):
            raise self._broken()
        found: dict[str, Any] = orjson.loads(said)
        if "error" in found:
            raise OF_ENGINE[found["error"]](**found["facts"])
        return found

    def _end(self) -> None:
        self._is_late = True
        self._process.kill()

    def _broken(self) -> EngineBrokenError | TooSlowError:
        if self._is_late:
            return TooSlowError(seconds=settings.SQL_ANSWER_SECONDS)
        return EngineBrokenError(reason=f"exit {self._process.wait()}")
