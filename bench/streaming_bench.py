"""What a thousand clients of streams cost the intake, and what each event given out costs: `make bench-streams`.

The whole platform runs as `make run` starts it; the intake on one core, everything else (streams, clients, load, Postgres) on
the other. Rounds alternate: quiet, with clients, quiet … Any answer of the intake other than 2xx ends the run.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.wire import Wire
from eventplatform import env
from eventplatform.processes import step_back
from tests.e2e.platform import Platform

_EVENT = b'{"$schema":"/sample/test_event/1.1.0","meta":{"stream":"test.event"},"test":"' + b"x" * 300 + b'"}'
_WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Round:
    """The answers of one round, and what the role stream used meanwhile."""

    p50_ms: float
    p99_ms: float
    p99_seen_ms: float
    cpu_seconds: float
    delivered: int
    clients: int


def main() -> None:
    """Alternate rounds, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=int, default=100, help="events a second")
    parser.add_argument("--follow", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.follow:
        asyncio.run(follow(options.follow, options.clients))
        return
    many = str(options.clients + 100)
    with Platform(STREAM_MAX_CLIENTS_PER_ADDRESS=many, STREAM_MAX_CLIENTS=many) as platform:
        stream = spread(platform)
        asyncio.run(post(platform.port + 1, 2, options.rate))  # warm
        resident, files = stream.memory_full_info().uss, stream.num_fds()
        quiet, busy, most_resident, most_files = [], [], resident, files
        for _ in range(options.rounds):
            quiet.append(measure(platform, stream, 0, options))
            with clients(platform, options.clients) as counted:
                most_resident, most_files = max(most_resident, stream.memory_full_info().uss), max(most_files, stream.num_fds())
                busy.append(measure(platform, stream, options.clients, options, counted))
        time.sleep(3)
        print_table(quiet, busy, options)
        print(
            f"\nmemory of the role: {resident / 1e6:.1f} MB without clients, {most_resident / 1e6:.1f} MB with them: ", end=""
        )
        print(f"{(most_resident - resident) / options.clients / 1024:.1f} KiB a client")
        print(f"open files: {files} without clients, {most_files} with them, {stream.num_fds()} after they left")


def spread(platform: Platform) -> psutil.Process:
    """The intake on the first core, everything else on the second; the process of the role stream."""
    os.sched_setaffinity(0, {1})
    found = None
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        is_ours = str(platform.port + 1) in words or str(platform.port + 2) in words or str(platform.var) in " ".join(words)
        if not is_ours and platform.var not in _folders(process):
            continue
        core = {0} if "intake.server" in words else {1}
        with contextlib.suppress(ProcessLookupError, psutil.Error):
            for thread in process.threads():
                os.sched_setaffinity(thread.id, core)
        found = process if "monitoring.streaming" in words else found
    if found is None:
        sys.exit("the role stream does not run")
    return found


def _folders(process: psutil.Process) -> set[Path]:
    with contextlib.suppress(psutil.Error, OSError):
        return {Path(process.environ().get("VAR_DIR", "/"))}
    return set()


def measure(
    platform: Platform, stream: psutil.Process, count: int, options: argparse.Namespace, counted: Path | None = None
) -> Round:
    """One round of events at a steady rate."""
    before, cpu = _delivered(counted), sum(stream.cpu_times()[:2])
    taken = asyncio.run(post(platform.port + 1, options.seconds, options.rate))
    deadline = time.monotonic() + 15
    while _delivered(counted) - before < len(taken) * count and time.monotonic() < deadline:
        time.sleep(0.2)
    wire, seen = (statistics.quantiles(times, n=100) for times in zip(*taken, strict=True))
    return Round(
        wire[49] * 1000,
        wire[98] * 1000,
        seen[98] * 1000,
        sum(stream.cpu_times()[:2]) - cpu,
        _delivered(counted) - before,
        count,
    )


def _delivered(counted: Path | None) -> int:
    return int(counted.read_text() or 0) if counted else 0


async def post(port: int, seconds: float, rate: int) -> list[tuple[float, float]]:
    """Post events at a steady rate; seconds until each answer, on the wire and as seen here.

    On the wire: from the request's first byte to the kernel's note of the answer's last. As seen: from when it was due until it
    was read, with what this process waits for its turn on the busy core.
    """
    idle: asyncio.Queue[Wire] = asyncio.Queue()
    for _ in range(16):
        idle.put_nowait(Wire.to(port))

    async def one(due: float) -> tuple[float, float]:
        wire = await idle.get()
        taken = await wire.post(_EVENT)
        idle.put_nowait(wire)
        return taken, time.perf_counter() - due

    started, tasks = time.perf_counter(), []
    for number in range(int(seconds * rate)):
        due = started + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(due)))
    return list(await asyncio.gather(*tasks))


@contextlib.contextmanager
def clients(platform: Platform, count: int) -> Iterator[Path]:
    """So many clients in a process of their own; a file with how many events they have got."""
    counted = Path(tempfile.mkdtemp(prefix="ep-")) / "count"
    counted.write_text("0")
    address = json.dumps({"port": platform.port + 2, "file": str(counted)})
    command = [sys.executable, "-m", "bench.streaming_bench", "--clients", str(count), "--follow", address]
    process = subprocess.Popen(command, cwd=env.ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    if process.stdout is None or process.stdout.readline().strip() != "ready":
        sys.exit("the clients could not begin")
    try:
        yield counted
    finally:
        process.kill()
        process.wait()


class Reader(asyncio.Protocol):
    """Counts events; all readers share one tally."""

    def __init__(self, tally: list[int]) -> None:
        self._tally = tally

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(b"GET /v2/stream/test.event HTTP/1.1\r\nHost: x\r\n\r\n")  # type: ignore[attr-defined]  # a socket's

    def data_received(self, data: bytes) -> None:
        self._tally[0] += data.count(b"\ndata: {")
        self._tally[1] += b":ok\n" in data


async def follow(address: str, count: int) -> None:
    """Be the clients, until killed."""
    step_back(19)  # real ones run elsewhere, and take nothing from the log's server
    told, tally, loop = json.loads(address), [0, 0], asyncio.get_running_loop()
    for _ in range(count):
        await loop.create_connection(lambda: Reader(tally), "127.0.0.1", told["port"])
    deadline = time.monotonic() + _WAIT_SECONDS
    while tally[1] < count:
        if time.monotonic() > deadline:
            sys.exit(f"{tally[1]} of {count} clients were let in")
        await asyncio.sleep(0.05)
    print("ready", flush=True)
    file = os.open(told["file"], os.O_WRONLY)
    while True:
        os.pwrite(file, b"%020d" % tally[0], 0)  # in one piece: somebody reads it meanwhile
        await asyncio.sleep(0.2)


def print_table(quiet: list[Round], busy: list[Round], options: argparse.Namespace) -> None:
    """Medians, as Markdown."""
    print(f"{options.rounds} alternated rounds of {options.seconds:g} s, {options.rate} events/s, medians\n")
    print(
        "| | p50 ms | p99 ms | p99 ms as the caller sees it | CPU of the role, of one core | events given out/s | CPU µs each |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, rounds in (("quiet", quiet), (f"{options.clients} clients", busy)):
        p50, p99, seen, cpu, given = (
            statistics.median(getattr(one, field) for one in rounds)
            for field in ("p50_ms", "p99_ms", "p99_seen_ms", "cpu_seconds", "delivered")
        )
        seconds = options.seconds + 1
        each = f"{cpu / given * 1e6:.2f}" if given else ""
        print(
            f"| {name} | {p50:.2f} | {p99:.2f} | {seen:.2f} | {cpu / seconds:.1%} | {given / options.seconds:,.0f} | {each} |"
        )
    if not all(one.delivered for one in busy):
        sys.exit("nothing was given out")
    on_wire, as_seen = (
        statistics.median(getattr(one, field) for one in busy) / statistics.median(getattr(one, field) for one in quiet)
        for field in ("p99_ms", "p99_seen_ms")
    )
    expected = int(options.seconds * options.rate) * options.clients
    print(f"\np99 with clients is {on_wire:.2f} of the quiet one, {as_seen:.2f} as the caller sees it")
    print(f"given out: {[f'{one.delivered / expected:.2%}' for one in busy]}")


if __name__ == "__main__":
    main()
