"""`make services`: starts real stores on 127.0.0.1, waits until each answers, says where it is, and stops all on Ctrl-C.

Without names, those that are light. Heavy ones are named, and one at a time is enough for most machines; `--check` starts each
of them, waits until it answers, and stops it before the next. Data lie below `var/services/<name>` and stay.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE.parent.parent / "var" / "services"
MISSING = 69  # how run.sh ends where a package is absent


@dataclass(frozen=True)
class Service:
    """A server of this folder: its first port, how long it may take, the memory that its own settings hold it to."""

    name: str
    port: int
    seconds: int
    megabytes: int
    address: str

    @property
    def is_light(self) -> bool:
        return self.megabytes <= 600  # noqa: PLR2004  # what a laptop spares without a thought


SERVICES = (
    Service("redis", 36379, 10, 64, "redis://127.0.0.1:{port}"),
    Service("mariadb", 33306, 60, 200, "mysql://root@127.0.0.1:{port}"),
    Service("s3", 37070, 120, 100, "http://127.0.0.1:{port}"),
    Service("kafka", 39092, 60, 600, "127.0.0.1:{port}"),
    Service("clickhouse", 38123, 120, 700, "http://127.0.0.1:{port}"),
    Service("hdfs", 39820, 90, 700, "hdfs://127.0.0.1:{port}"),
    Service("opensearch", 9201, 90, 800, "http://127.0.0.1:{port}"),
    Service("cassandra", 39042, 120, 1100, "127.0.0.1:{port}"),
    Service("druid", 38081, 180, 1700, "http://127.0.0.1:{port}"),
)


class Running:
    """One of them, started."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.folder = DATA / service.name
        self.folder.mkdir(parents=True, exist_ok=True)
        # What the last run wrote there would say that this one is ready.
        (self.folder / "server.log").unlink(missing_ok=True)
        command = [str(HERE / service.name / "run.sh"), str(self.folder), str(service.port)]
        # A session of its own: Ctrl-C reaches us alone, and we stop it in order.
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def wait(self) -> bool:
        """Until it answers; False where it can't run here."""
        service = self.service
        words = (service.name, str(self.folder), str(service.port), str(self.process.pid), str(service.seconds))
        ready = subprocess.run([HERE / "ready.sh", *words], check=False)
        return ready.returncode == 0 and self.process.poll() is None

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            print(f"{self.service.name} does not end by itself; killed.", flush=True)
        # Also what a script was just fetching or preparing.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def ended_as(self) -> int | None:
        """Stops it; how it had ended before, if it had."""
        code = self.process.poll()
        self.stop()
        return code


def is_taken(port: int) -> bool:
    """Whether another program listens there: it would answer in our server's place."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def named(name: str) -> Service:
    """The service of that name."""
    for service in SERVICES:
        if service.name == name:
            return service
    message = f"{name} is not one of {', '.join(service.name for service in SERVICES)}"
    raise argparse.ArgumentTypeError(message)


def main() -> int:
    """Start what was named; the exit code says whether all of it ran."""
    parser = argparse.ArgumentParser(prog="make services", description=__doc__)
    parser.add_argument("names", nargs="*", type=named, help="which ones; none: the light ones")
    parser.add_argument("--check", action="store_true", help="start, wait and stop each of them, one after another")
    options = parser.parse_args()
    wanted = options.names or [one for one in SERVICES if options.check or one.is_light]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # also where we were started with Ctrl-C ignored
        signal.signal(number, interrupt)
    taken = [f"{one.name} ({one.port})" for one in wanted if is_taken(one.port)]
    if taken:
        print(f"Another program listens where these would: {', '.join(taken)}. Stop it first.", file=sys.stderr)
        return 1
    try:
        return check(wanted) if options.check else keep(wanted)
    except KeyboardInterrupt:
        print()
        return 130 if options.check else 0


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def check(wanted: list[Service]) -> int:
    """Each of them, one after another."""
    failed = []
    for service in wanted:
        began = time.monotonic()
        running = Running(service)
        try:
            is_ready = running.wait()
            is_missing = running.process.poll() == MISSING
        finally:
            running.stop()
        word = "ready" if is_ready else "skipped" if is_missing else "FAILED"
        print(f"{service.name}: {word} after {time.monotonic() - began:.1f} s", flush=True)
        failed += [] if is_ready or is_missing else [service.name]
    return 1 if failed else 0


def keep(wanted: list[Service]) -> int:
    """All of them, until Ctrl-C, or until one ends by itself."""
    started: list[Running] = []
    try:
        for service in wanted:
            print(f"Starting {service.name} …", flush=True)
            started.append(Running(service))
            if started[-1].wait():
                address = service.address.format(port=service.port)
                print(f"  {address}  (at most about {service.megabytes} MB; {started[-1].folder})", flush=True)
            elif started.pop().ended_as() != MISSING:
                return 1
        if not started:
            return 1
        print("Ctrl-C stops them.", flush=True)
        while all(one.process.poll() is None for one in started):
            time.sleep(0.5)
        ended = [one.service.name for one in started if one.process.poll() is not None]
        print(f"{', '.join(ended)} ended by itself; see {DATA}.", file=sys.stderr)
        return 1
    finally:
        for one in reversed(started):
            one.stop()


if __name__ == "__main__":
    sys.exit(main())
