"""`make bench-intake`: what the lane costs beside its floor, beside a peer, and as load, streams and workers grow.

Everything that is compared alternates within one run; figures are medians. CPU is the server's own (user and system, its
workers included), never the load process's. Every event has an id of its own, and every answer must be the wanted one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import intake_parts, served  # the project's root is on the path first
from bench.load import MARK
from bench.peers.express import express
from bench.rounds import Load, Round, median, play
from bench.servers import CannotStartError, Served, event_log
from bench.servers import served as serving

SIZES = (1, 20, 100)
Found = Mapping[tuple[str, int], Round]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--only", nargs="+", choices=list(SECTIONS), default=list(SECTIONS))
    parser.add_argument("--million", type=float, default=10.0, help="events of the section `memory`")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "event.json"
        event = served.example()
        event["meta"]["id"] = MARK.decode()
        template.write_bytes(orjson.dumps(event))
        print(
            f"Workload: {served.TITLE} {served.VERSION}, {len(template.read_bytes()) - len(MARK) + 36} bytes per event; "
            f"{options.connections} keep-alive connections, one load process, one worker; {options.rounds} alternated rounds "
            f"of {options.seconds:g} s, medians.\nMachine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start; "
            f"Python {platform.python_version()}."
        )
        load = Load(template, options.connections, options.seconds)
        for name in options.only:
            print(f"\n## {name}\n", flush=True)
            try:
                SECTIONS[name](load, options)
            except CannotStartError as reason:
                print(f"NOT MEASURED: {reason}")


def peer(load: Load, options: argparse.Namespace) -> None:
    """The lane and the peer, both without a log, beside the same server's empty POST handler."""
    with contextlib.ExitStack() as stack:
        schema = load.template.with_name("schema.json")
        schema.write_text(json.dumps(dict(served.schema().document)))
        servers = [
            stack.enter_context(serving("lane", "asgi", "none:")),
            stack.enter_context(express(schema, served.STREAM)),
            stack.enter_context(serving("floor_lane", "asgi", "none:")),
        ]
        found = alternate(servers, load, options.rounds)
    table(found)
    for size, wanted in zip(SIZES, ("1/2", "", "1/4"), strict=True):
        ratio = found["lane", size].cpu_us_per_event / found["express", size].cpu_us_per_event
        print(f"{size} per request: {ratio:.2f} of the peer's CPU" + (f", wanted {wanted}" if wanted else ""))


def floor(load: Load, options: argparse.Namespace) -> None:
    """The lane over Kafka against the sum of what can't be avoided, each measured alone in this run.

    The empty handler is asked as often as the lane could answer: at its own full speed it is never idle, and what it costs to
    be woken for a request (twice as much as to serve it) would be missing from the floor.
    """
    with event_log("kafka") as url, contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(serving("lane", "asgi", url)),
            stack.enter_context(serving("floor_lane", "asgi", "none:")),
        ]
        found = alternate(servers, load, options.rounds)
        table(found)
        for size in SIZES:
            parts = intake_parts.alone(load.template.read_bytes(), size, url, load.connections)
            paced = replace(load, rate=found["lane", size].requests_per_second)
            handler = median([play(servers[1], size, paced) for _ in range(options.rounds)]).cpu_us_per_event
            total = handler + sum(parts.values())
            words = ", ".join(f"{name} {cost:.1f}" for name, cost in {"empty handler": handler, **parts}.items())
            ours = found["lane", size].cpu_us_per_event
            print(
                f"{size} per request: floor {total:.1f} µs per event ({words}); ours {ours:.1f}, "
                f"{ours / total:.2f} times that (wanted: 1.4 at most)"
            )


def hasty(load: Load, options: argparse.Namespace) -> None:
    """Requests a second without waiting for the log, against the empty handler."""
    with event_log("kafka") as url, contextlib.ExitStack() as stack:
        lane = stack.enter_context(serving("lane", "asgi", url))
        empty = stack.enter_context(serving("floor_lane", "asgi", "none:"))
        asked = Load(load.template, load.connections, load.seconds, query="?hasty=true", status="202")
        rounds = [(play(lane, 1, asked), play(empty, 1, load)) for _ in range(options.rounds)]
    ours, nothing = median([one for one, _ in rounds]), median([one for _, one in rounds])
    share = ours.requests_per_second / nothing.requests_per_second
    print(
        f"hasty {ours.requests_per_second:,.0f} requests/s, empty handler {nothing.requests_per_second:,.0f}: "
        f"{share:.2f} (wanted: 0.7 at least)"
    )


def latency(load: Load, options: argparse.Namespace) -> None:
    """The 99th percentile at half of the greatest load, every answer after the log's acknowledgement."""
    with event_log("kafka") as url, serving("lane", "asgi", url) as lane:
        most = median([play(lane, 1, load) for _ in range(options.rounds)]).requests_per_second
        steady = Load(load.template, load.connections, 2 * load.seconds, rate=most / 2)
        found = median([play(lane, 1, steady) for _ in range(options.rounds)])
    print(
        f"at {most / 2:,.0f} of {most:,.0f} requests/s: p50 {found.p50_ms:.1f} ms, p99 {found.p99_ms:.1f} ms (wanted ≤ 25), "
        "counted from when a request was due"
    )


def streams(load: Load, options: argparse.Namespace) -> None:
    """CPU per event over 10 and 10,000 streams."""
    with contextlib.ExitStack() as stack:
        few = stack.enter_context(serving("lane", "asgi", "none:", {"OTHER_STREAMS": "9"}))
        many = stack.enter_context(serving("lane", "asgi", "none:", {"OTHER_STREAMS": "9999"}))
        rounds = [(play(few, 1, load), play(many, 1, load)) for _ in range(options.rounds)]
    one, two = (median([pair[at] for pair in rounds]).cpu_us_per_event for at in (0, 1))
    print(f"10 streams {one:.1f} µs, 10,000 streams {two:.1f} µs: {two / one:.2f}")


def workers(load: Load, options: argparse.Namespace) -> None:
    """CPU per event with two workers against one."""
    with contextlib.ExitStack() as stack:
        alone = stack.enter_context(serving("lane", "asgi", "none:"))
        pair = stack.enter_context(serving("lane", "asgi", "none:", workers=2))
        rounds = [(play(alone, 1, load), play(pair, 1, load)) for _ in range(options.rounds)]
    one, two = (median([both[at] for both in rounds]).cpu_us_per_event for at in (0, 1))
    print(f"1 worker {one:.1f} µs, 2 workers {two:.1f} µs per event: {two / one:.2f} (wanted within 15 %)")


def memory(load: Load, options: argparse.Namespace) -> None:
    """Resident memory as events go by, in batches of 100."""
    with event_log("kafka") as url, serving("lane", "asgi", url) as lane:
        wanted = int(options.million * 1e6)
        seen, shown = 0, 0.0
        while seen < wanted:
            found = play(lane, 100, Load(load.template, load.connections, 10.0))
            seen += int(found.events_per_second * 10.0)
            if seen / wanted >= shown:
                shown += 0.2
                print(
                    f"{seen / 1e6:5.1f} M events: {lane.resident_bytes() / 1e6:.0f} MB in all processes of the role", flush=True
                )


SECTIONS: Mapping[str, Callable[[Load, argparse.Namespace], None]] = {
    "peer": peer,
    "floor": floor,
    "hasty": hasty,
    "latency": latency,
    "streams": streams,
    "workers": workers,
    "memory": memory,
}


def alternate(servers: list[Served], load: Load, rounds: int) -> Found:
    """Medians over rounds that go through all servers and sizes in turn."""
    found: dict[tuple[str, int], list[Round]] = defaultdict(list)
    for server in servers:  # the first requests import, compile and connect
        play(server, 1, Load(load.template, load.connections, 0.5))
    for _ in range(rounds):
        for size in SIZES:
            for server in servers:
                found[server.name, size].append(play(server, size, load))
    return {case: median(played) for case, played in found.items()}


def table(found: Found) -> None:
    print("| server | events per request | requests/s | events/s | CPU µs/request | CPU µs/event | p99 ms |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for (name, size), one in found.items():
        label = name.replace("floor_lane", "empty handler")
        cpu = one.cpu_us_per_event
        print(
            f"| {label} | {size} | {one.requests_per_second:,.0f} | {one.events_per_second:,.0f} "
            f"| {cpu * size:,.1f} | {cpu:,.2f} | {one.p99_ms:.1f} |"
        )
    print(flush=True)


if __name__ == "__main__":
    main()
