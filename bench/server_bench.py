"""What the intake's server costs beside plain uvicorn and Granian: an empty POST handler behind each, rounds alternated.

CPU is the server's (user + system, its workers included). `twelve` answers with twelve headers, as the door does.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.servers import free_port, stop, wait_for_port  # the project's root is on the path first
from eventplatform import env

_LENGTH = (b"content-length", b"0")
_TWELVE = [*((b"x-header-%d" % number, b"a value as long as most") for number in range(11)), _LENGTH]
_SERVERS = {
    "uvicorn": ("uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "error"),
    "intake.server": ("intake.server",),
    "granian": ("granian", "--interface", "asgi", "--no-ws", "--log-level", "error"),
}


async def empty(scope: MutableMapping[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
    """The least that a POST costs: read the body, answer 201."""
    await _answer(scope, receive, send, [_LENGTH])


async def twelve(scope: MutableMapping[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
    """Likewise, with as many headers as the door's answers have."""
    await _answer(scope, receive, send, _TWELVE)


async def _answer(
    scope: MutableMapping[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any], headers: list[tuple[bytes, bytes]]
) -> None:
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round")
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = defaultdict(list)
    with contextlib.ExitStack() as stack:
        template = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "event.json"
        template.write_bytes(b'{"$schema":"/a/b/1.0.0","meta":{"stream":"a.b","id":"@@ID@@"},"text":"' + b"x" * 400 + b'"}')
        cases = [(name, handler) for handler in ("empty", "twelve") for name in _SERVERS]
        servers = {case: stack.enter_context(_served(*case)) for case in cases}
        for number in range(options.rounds + 1):
            for case in cases:
                result = _round(*servers[case], template, options)
                if number:  # the first warms up
                    found[case].append(result)
    print("| server | handler | requests/s | CPU µs/request | p99 ms |\n|---|---|--:|--:|--:|")
    for (name, handler), rounds in found.items():
        rate, cpu, p99 = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"| {name} | {handler} | {rate:,.0f} | {cpu:.1f} | {p99:.1f} |")


@contextlib.contextmanager
def _served(name: str, handler: str) -> Iterator[tuple[int, psutil.Process]]:
    port = free_port()
    program, *options = _SERVERS[name]
    application = f"bench.server_bench:{handler}"
    command = [sys.executable, "-m", program, *options, "--port", str(port)]
    command += ["--app", application] if program == "intake.server" else [application]
    with tempfile.TemporaryDirectory() as metrics:
        process = subprocess.Popen(
            command, cwd=env.ROOT, env=env.child({"PROMETHEUS_MULTIPROC_DIR": metrics, "LOG_LEVEL": "ERROR"})
        )
        try:
            wait_for_port(port, process)
            yield port, psutil.Process(process.pid)
        finally:
            stop(process)


def _cpu_seconds(process: psutil.Process) -> float:
    return sum(sum(member.cpu_times()[:2]) for member in [process, *process.children(recursive=True)])


def _round(port: int, process: psutil.Process, template: Path, options: argparse.Namespace) -> tuple[float, float, float]:
    command = [sys.executable, str(env.ROOT / "bench/load.py"), "--port", str(port), "--template", str(template)]
    command += ["--connections", str(options.connections), "--seconds", str(options.seconds)]
    before = _cpu_seconds(process)
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    cpu = _cpu_seconds(process) - before
    if set(answer["statuses"]) != {"201"}:
        sys.exit(f"answers {answer['statuses']}, all should be 201")
    return answer["requests"] / answer["seconds"], cpu / answer["requests"] * 1e6, answer["p99_ms"]


if __name__ == "__main__":
    main()
