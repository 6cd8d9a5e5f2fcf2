"""`make bench-config`: what an answer of the configuration's API costs the web role, from 100 to 10,000 streams.

One Granian with the whole WSGI application per size, one worker, over a fresh embedded Postgres; one client with a connection
that is kept. CPU is the server process's own (user and system), not the clock's. Rounds alternate over the sizes; the table
shows medians, so the ratio between sizes is of one run.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil  # the project's root is on the path first

from bench.servers import Served, free_port, stop, wait_for_port
from eventplatform import env
from eventplatform.embedded.postgres import Postgres

SIZES = (100, 1_000, 10_000)
LIST = "/api/v1/streams"
CLIENT = "/api/v1/client"
COMPATIBLE = "/w/api.php?action=streamconfigs&format=json"
_MB = 1024 * 1024


@dataclass(frozen=True)
class Question:
    """What is asked, how often per round, and what is answered."""

    name: str
    path: str
    requests: int
    headers: Mapping[str, str]
    json_bytes: int = 0
    status: int = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    print(
        f"{os.cpu_count()} cores, load {load:.1f} at the start; Python {platform.python_version()}; {options.rounds} rounds.\n"
    )
    folder = Path(tempfile.mkdtemp(prefix="ep-"))
    postgres = Postgres(folder)
    postgres.start()
    try:
        with contextlib.ExitStack() as stack:
            servers = {size: stack.enter_context(_served(size, postgres, folder)) for size in options.sizes}
            _measure(servers, options.rounds)
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _served(size: int, postgres: Postgres, folder: Path) -> Iterator[Served]:
    """The web role over that many streams."""
    name = f"streams{size}"
    postgres.ensure_database(name)
    var = folder / name
    var.mkdir()
    own = {"DATABASE_URL": postgres.url(name), "VAR_DIR": str(var), "PROMETHEUS_MULTIPROC_DIR": str(var), "ROLE": "web"}
    environment = env.child({**own, "PYTHONWARNINGS": "ignore", "LOG_LEVEL": "ERROR"})
    subprocess.run([sys.executable, "-m", "bench.config_setup", str(size)], cwd=env.ROOT, env=environment, check=True)
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level", "error"]
    command += ["--blocking-threads", "8", "--port", str(port), "eventplatform.wsgi:application"]
    process = subprocess.Popen(command, cwd=env.ROOT, env=environment)
    try:
        wait_for_port(port, process)
        yield Served(name, port, psutil.Process(process.pid))
    finally:
        stop(process)


def _measure(servers: Mapping[int, Served], rounds: int) -> None:
    found: dict[tuple[str, int], list[float]] = defaultdict(list)
    sent: dict[tuple[str, int], int] = {}
    questions = {size: _questions(server) for size, server in servers.items()}
    for _ in range(rounds):
        for size, server in servers.items():
            for question in questions[size]:
                cost, length = _round(server, question)
                found[question.name, size].append(cost)
                sent[question.name, size] = length
    print("\n| answer | streams | JSON bytes | bytes sent | CPU µs | CPU µs per MB of JSON |\n|---|--:|--:|--:|--:|--:|")
    for size, ones in questions.items():
        for one in ones:
            cost = statistics.median(found[one.name, size])
            per_mb = f"{cost / one.json_bytes * _MB:,.0f}" if one.json_bytes else ""
            print(f"| {one.name} | {size:,} | {one.json_bytes:,} | {sent[one.name, size]:,} | {cost:,.0f} | {per_mb} |")
    least, most = (statistics.median(found["304", size]) for size in (min(servers), max(servers)))
    print(f"\n304 at {max(servers):,} streams costs {most / least:.2f} times what it costs at {min(servers):,}.")


def _questions(server: Served) -> list[Question]:
    packed = {"Accept-Encoding": "gzip"}
    (status, etag, length), (_, client_etag, _) = (_first(server, path, packed) for path in (LIST, CLIENT))
    if status != http.client.OK or not etag:
        sys.exit(f"{server.name} answers {status}")
    few = max(20, min(500, 20_000_000 // max(1, length)))
    plain, compatible, client = (_ask(server, path, {})[2] for path in (LIST, COMPATIBLE, CLIENT))
    return [
        Question("304", LIST, 1_000, {**packed, "If-None-Match": etag}, status=304),
        Question("200 packed", LIST, few, packed, plain),
        Question("200 plain", LIST, max(10, few // 10), {}, plain),
        Question("streamconfigs packed", COMPATIBLE, few, packed, compatible),
        Question("client 304", CLIENT, 1_000, {**packed, "If-None-Match": client_etag}, status=304),
        Question("client packed", CLIENT, few, packed, client),
    ]


def _first(server: Served, path: str, headers: Mapping[str, str]) -> tuple[int, str, int]:
    before = server.cpu_seconds()
    found = _ask(server, path, headers)
    print(f"{server.name}: the first answer of {path} took {(server.cpu_seconds() - before) * 1000:.0f} ms of CPU.")
    return found


def _round(server: Served, question: Question) -> tuple[float, int]:
    """CPU µs per request, and the bytes of an answer's body."""
    _ask(server, question.path, question.headers)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    before, length = server.cpu_seconds(), 0
    for _ in range(question.requests):
        connection.request("GET", question.path, headers=dict(question.headers))
        answer = connection.getresponse()
        length = len(answer.read())
        if answer.status != question.status:
            sys.exit(f"{question.name} answers {answer.status}")
    connection.close()
    time.sleep(0.05)  # the server's last words
    return (server.cpu_seconds() - before) / question.requests * 1e6, length


def _ask(server: Served, path: str, headers: Mapping[str, str]) -> tuple[int, str, int]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", path, headers=dict(headers))
    answer = connection.getresponse()
    found = answer.status, answer.headers.get("ETag", ""), len(answer.read())
    connection.close()
    return found


if __name__ == "__main__":
    main()
