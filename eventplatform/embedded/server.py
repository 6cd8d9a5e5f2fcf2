"""The life of an embedded server: one starter, which is its parent; it dies with its starter and is never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import IO, ClassVar

from eventplatform.embedded import folders
from eventplatform.embedded.errors import EmbeddedServerError, ProgramMissingError

_LAUNCH = Path(__file__).with_name("launch.py")
_STOP_SECONDS = 3.0
_LEFTOVER_SECONDS = 15.0


class Server(ABC):
    """A server whose data lies in `data` and whose output goes to `log`.

    `start` returns once it answers; `stop` returns once it is gone. A server that an earlier starter left behind is
    stopped first. Start it from a thread that lives as long as the server: the kernel ends it with that thread.
    """

    name: ClassVar[str]
    variable: ClassVar[str]  # the setting that names a server of the user's own instead
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    start_seconds: ClassVar[float] = 30.0

    def __init__(self, var: Path) -> None:
        self.var = var
        self.data = var / self.name.lower()
        self.log = var / "log" / f"{self.name.lower()}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.prefix: tuple[str, ...] = ()  # what runs the program as another user
        self._lock: IO[str] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while the server runs."""
        return self.process.pid if self.process is not None and self.process.poll() is None else None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        if self.pid:
            return
        self._hold()
        try:
            for leftover in processes_in(self.data):
                self._end_leftover(leftover)
            self.prepare()
            self._launch()
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise

    def ask_to_stop(self) -> None:
        """Let the server begin to stop; several are asked before the first is waited for."""
        if self.pid and self.process is not None:
            self.process.send_signal(self.stop_signal)

    def stop(self) -> None:
        """Stop the server, gently first, and reap it."""
        if self.process is not None:
            for number, patience in ((self.stop_signal, _STOP_SECONDS), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 5.0)):
                if self.process.poll() is None:
                    self.process.send_signal(number)
                    wait_for_exit(self.process, patience)
            self.process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def kill(self) -> None:
        """End the server as a crash would, for fault tests; `start` brings it back."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.stop()

    @abstractmethod
    def prepare(self) -> None:
        """Make the data folder ready for `command`."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """The program and its arguments; the first is an absolute path."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server takes requests."""

    def failed(self, reason: str) -> EmbeddedServerError:
        return EmbeddedServerError(server=self.name, reason=reason, log=self.log, variable=self.variable)

    def _hold(self) -> None:
        folders.make_private(self.var)
        folders.need_space(self.var)
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        lock = self.var / f"{self.name.lower()}.lock"
        self._lock = folders.hold(lock, server=self.name, folder=self.data)

    def _launch(self) -> None:
        with self.log.open("ab") as output:
            # A session of its own: Ctrl-C at the terminal reaches the starter alone, which stops us in order.
            self.process = subprocess.Popen(  # noqa: S603  # our own program and arguments
                # Tied last: a change of user would undo it.
                [*self.prefix, *tied(self.command(), self.stop_signal)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.data,
                start_new_session=True,
            )

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + self.start_seconds
        while not self.answers():
            if self.pid is None:
                raise self.failed(last_line(self.log) or "it ended at once")
            if time.monotonic() > deadline:
                raise self.failed(f"it did not answer within {self.start_seconds:.0f} s")
            time.sleep(0.03)

    def _end_leftover(self, pid: int) -> None:
        deadline = time.monotonic() + _LEFTOVER_SECONDS
        number = self.stop_signal
        while pid in processes_in(self.data):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return
            if time.monotonic() > deadline:
                number = signal.SIGKILL
            time.sleep(0.2)


def tied(command: Sequence[str], number: signal.Signals) -> list[str]:
    """The command so that it gets the signal `number` when this process dies."""
    return [sys.executable, "-I", "-S", str(_LAUNCH), str(int(number)), str(os.getpid()), *command]


def wait_for_exit(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether the process ended, and was reaped, within that time."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def processes_in(folder: Path) -> list[int]:
    """The processes whose working directory is `folder`, oldest first; empty where the system has no /proc."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
        except OSError:  # it ended, or belongs to somebody else
            continue
    return sorted(found)


def last_line(log: Path) -> str:
    """The end of a log, where a server that gave up says why."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4000))
        lines = file.read().decode(errors="replace").strip().splitlines()
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return (fatal or lines or [""])[-1].strip().rstrip(".")


def program(package: str, place: str, *, variable: str) -> Path:
    """A program that ships in a pip wheel, at `place` below the package's folder."""
    import importlib.util

    spec = importlib.util.find_spec(package)  # finds the folder and imports nothing
    folder = Path(spec.origin).parent if spec and spec.origin else Path(package)
    if (folder / place).is_file():
        return folder / place
    raise ProgramMissingError(program=Path(place).name, package=package, variable=variable)
