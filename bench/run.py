"""`make bench`: requests, events and CPU per event through both doors, for each event log, beside the server's own floor.

CPU is the server process's (user + system, its worker included), not the clock's: the load generator shares the machine.
Rounds alternate over everything that is compared; the table shows medians. The floor is the same server with an empty
POST handler in place of the door, under the same load.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import sys
import tempfile
import timeit
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import served as workload  # the project's root is on the path first
from bench.load import MARK
from bench.rounds import Load, Round, median, play
from bench.servers import CannotStartError, event_log, served

DOORS = {"lane": "asgi", "drf": "wsgi"}
FLOORS = {"floor_lane": "asgi", "floor_drf": "wsgi"}
SIZES = (1, 20, 100)
LOGS = ("memory", "postgres", "kafka")
_LOOPS = 20_000
Case = tuple[str, int]  # application, events per request


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--logs", nargs="+", choices=LOGS, default=LOGS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "event.json"
        template.write_bytes(_template())
        _say_workload(options, template)
        _say_parts(template)
        for kind in options.logs:
            try:
                with event_log(kind) as url:
                    applications = {**DOORS, **(FLOORS if kind == "memory" else {})}
                    _print_table(kind, _measure(url, applications, template, options))
            except CannotStartError as reason:
                print(f"\n## {kind}\n\nNOT MEASURED: {reason}")


def _measure(url: str, applications: dict[str, str], template: Path, options: argparse.Namespace) -> dict[Case, list[Round]]:
    """All rounds over one log; every server runs from the first to the last."""
    found: dict[Case, list[Round]] = defaultdict(list)
    load = Load(template, options.connections, options.seconds)
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(served(name, kind, url)) for name, kind in applications.items()]
        for server in servers:  # the first requests import, compile and connect
            play(server, 1, replace(load, seconds=0.5))
        for _ in range(options.rounds):
            for size in SIZES:
                for server in servers:
                    found[server.name, size].append(play(server, size, load))
    return found


def _template() -> bytes:
    event = workload.example()
    event["meta"]["id"] = MARK.decode()
    return orjson.dumps(event)


def _say_workload(options: argparse.Namespace, template: Path) -> None:
    size = len(template.read_bytes()) - len(MARK) + 36
    print(
        f"Workload: {workload.TITLE} {workload.VERSION}, {size} bytes per event, an id of its own in each; "
        f"{options.connections} keep-alive connections, one load process, one worker per server; "
        f"{options.rounds} alternated rounds of {options.seconds:g} s, medians. Metrics go to files, as in production.\n"
        f"Machine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start; Python {platform.python_version()}."
    )


def _say_parts(template: Path) -> None:
    """What the unavoidable steps cost alone, in this process."""
    body = template.read_bytes()
    event = orjson.loads(body)
    event["meta"]["dt"] = "2026-01-01T00:00:00.000Z"
    if not workload.schema().is_valid(event):
        sys.exit("the event that is sent should be valid")
    parts = {
        "parse": lambda: orjson.loads(body),
        "validate": lambda: workload.schema().is_valid(event),
        "write": lambda: orjson.dumps(event),
    }
    spent = {name: min(timeit.repeat(part, number=_LOOPS, repeat=5)) / _LOOPS * 1e6 for name, part in parts.items()}
    print("Alone, in process, µs per event: " + ", ".join(f"{name} {cost:.1f}" for name, cost in spent.items()) + ".")


def _print_table(kind: str, found: dict[Case, list[Round]]) -> None:
    print(f"\n## {kind}\n")
    print("| door | events per request | requests/s | events/s | CPU µs/request | CPU µs/event | p99 ms |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for (name, size), rounds in found.items():
        one = median(rounds)
        cpu = one.cpu_us_per_event
        label = name.replace("floor_lane", "empty handler, ASGI").replace("floor_drf", "empty handler, WSGI")
        print(
            f"| {label} | {size} | {one.requests_per_second:,.0f} | {one.events_per_second:,.0f} "
            f"| {cpu * size:,.0f} | {cpu:,.1f} | {one.p99_ms:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
