"""Starts everything in order, keeps the roles alive, and stops everything within ten seconds."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from eventplatform import env
from eventplatform.core.errors import PlatformError
from eventplatform.embedded import addresses, folders
from eventplatform.embedded.server import last_line, tied
from eventplatform.run import console, leftovers
from eventplatform.run.child import Child
from eventplatform.run.errors import RoleSilentError, StepFailedError
from eventplatform.run.foundation import Foundation
from eventplatform.run.roles import Role, environment, roles
from eventplatform.run.terminal import Terminal

_READY_SECONDS = 60.0
_ROLES_STOP_SECONDS = 5.0
_TICK_SECONDS = 0.25
_ROTATE_EVERY_TICKS = 240
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy has no way to our loopback


class StopAskedError(BaseException):
    """A signal asks to stop, or the terminal is gone; a BaseException, so that no handler of errors takes it for one."""


class Supervisor:
    """One start of the platform on this machine."""

    def __init__(self, var: Path, port: int, foundation: Foundation) -> None:
        self.var = var
        self.port = port
        self.foundation = foundation
        self.metrics = addresses.metrics_directory(var)
        self.children: list[Child] = []
        self._terminal = Terminal()

    def start(self) -> None:
        """Bring everything up, in the order in which one part needs the other."""
        folders.make_private(self.metrics)
        self.foundation.start()
        with console.step("tables"):
            self._manage("migrate", "--no-input", "--verbosity", "0")
        with console.step("sample data"):
            self._manage("load_sample", "--verbosity", "0")
        with console.step("roles", "intake, stream, web, worker, watcher, beat"):
            shared = self.foundation.environment()
            for role in roles(self.port, self.var):
                child = Child(role, environment(role.name, self.var, self.port, shared), self.var)
                self.children.append(child)
                child.start()
            for child in self.children:
                self._wait_until_ready(child)

    def keep(self) -> None:
        """Start again what ends, until a signal or the end of the terminal asks to stop."""
        tick = 0
        while True:
            time.sleep(_TICK_SECONDS)
            if self._terminal.is_gone:
                raise StopAskedError
            tick += 1
            for line in [child.tend() for child in self.children] + self.foundation.tend():
                if line:
                    console.say(f"  !  {time.strftime('%H:%M:%S')} {line}")
            if tick % _ROTATE_EVERY_TICKS == 0:
                for child in self.children:
                    child.rotate_log()

    def stop(self) -> None:
        """Stop the roles together, then what they stand on; nothing stays behind."""
        deadline = time.monotonic() + _ROLES_STOP_SECONDS
        for child in self.children:
            child.signal(signal.SIGTERM)
        for child in self.children:
            child.wait(deadline - time.monotonic())
            child.signal(signal.SIGKILL)
            child.wait(1)
        self.foundation.stop()
        leftovers.end(self.var, gentle_seconds=0.5)
        shutil.rmtree(self.metrics, ignore_errors=True)
        folders.remove_sockets(addresses.socket_directory(self.var))

    def _manage(self, *arguments: str) -> None:
        """Run a management command to its end; its output goes to `log/setup.log`."""
        log = self.var / "log" / "setup.log"
        command = [sys.executable, str(env.ROOT / "manage.py"), *arguments]
        (self.metrics / "setup").mkdir(parents=True, exist_ok=True)  # metrics are opened on import
        with log.open("ab") as output:
            run = subprocess.run(  # noqa: S603  # our own program and arguments
                tied(command, signal.SIGTERM),
                env=environment("setup", self.var, self.port, self.foundation.environment()),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                check=False,
            )
        if run.returncode:
            raise StepFailedError(step=arguments[0], reason=last_line(log).rstrip("."), log=log)

    def _wait_until_ready(self, child: Child) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not is_ready(child.role):
            if not child.is_running:
                raise StepFailedError(step=child.role.name, reason=last_line(child.log).rstrip("."), log=child.log)
            if time.monotonic() > deadline:
                raise RoleSilentError(role=child.role.name, seconds=_READY_SECONDS, log=child.log)
            time.sleep(0.1)


def is_ready(role: Role) -> bool:
    """Whether the role takes requests."""
    if not role.ready_url:
        return True
    try:
        with _DIRECT.open(role.ready_url, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def ask_to_stop(number: int, _frame: FrameType | None) -> None:
    """Turn the first signal into an exception of the main thread; further ones change nothing."""
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    raise StopAskedError(number)


def listen_to_signals() -> None:
    """SIGTERM always stops us; SIGINT too, unless a script's `&` had it ignored for good."""
    signal.signal(signal.SIGTERM, ask_to_stop)
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, ask_to_stop)


def supervise(supervisor: Supervisor, ready: Callable[[], str]) -> int:
    """Run a start from its first step to its last process; answers the exit code. `ready` makes the last words."""
    started = time.monotonic()
    try:
        supervisor.start()
        console.say(f"\nReady after {time.monotonic() - started:.0f} s. Ctrl-C stops everything.\n\n{ready()}")
        supervisor.keep()
    except StopAskedError:
        console.say("\nStopping …")
    except PlatformError as error:
        console.say(f"\n{error} {error.hint}")
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        supervisor.stop()
    console.say(f"Stopped. The data stays in {supervisor.var}")
    return 0
