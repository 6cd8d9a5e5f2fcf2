"""One round of load against one server, and what it showed."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.servers import Served
from eventplatform import env


@dataclass(frozen=True)
class Load:
    """What is sent: events made of a template, over keep-alive connections, for some seconds; `rate`: requests a second."""

    template: Path
    connections: int = 16
    seconds: float = 2.0
    rate: float = 0.0  # 0: as fast as the server answers
    query: str = ""
    status: str = "201"  # what every answer must be


@dataclass(frozen=True)
class Round:
    """What one round showed; CPU is the server's (user and system, its workers included), never the load process's."""

    requests_per_second: float
    events_per_second: float
    cpu_us_per_event: float
    p50_ms: float
    p99_ms: float


def play(server: Served, size: int, load: Load) -> Round:
    """Load `server` with `size` events per request; an answer that isn't wanted ends the run."""
    command: Sequence[str] = [
        *(sys.executable, str(env.ROOT / "bench/load.py"), "--port", str(server.port), "--template", str(load.template)),
        *("--batch", str(size), "--connections", str(load.connections), "--seconds", str(load.seconds)),
        *("--rate", str(load.rate), "--query", load.query),
    ]
    before = server.cpu_seconds()
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    cpu = server.cpu_seconds() - before
    if set(answer["statuses"]) != {load.status}:
        sys.exit(f"{server.name}, {size} events per request: answers {answer['statuses']}, all should be {load.status}")
    requests, wall = answer["requests"], answer["seconds"]
    return Round(requests / wall, requests * size / wall, cpu / (requests * size) * 1e6, answer["p50_ms"], answer["p99_ms"])


def median(rounds: Sequence[Round]) -> Round:
    """The median of each figure."""
    return Round(*(statistics.median(getattr(one, name) for one in rounds) for name in Round.__dataclass_fields__))
