"""`python bench/drf_parts.py`: what the DRF door costs in process, beside the parts that it can't do without.

No server and no log: a WSGI application is called with one event at a time, and what takes the event's record settles it at
once. CPU time, not the clock's. `--checkouts BEFORE AFTER` compares revisions: they alternate, each round in a process of its
own.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

_HERE = Path(__file__).resolve().parent.parent
_WARM_UP = 500
_LOOPS = 4000
Environ = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--checkouts", nargs="+", type=Path, default=[_HERE])
    parser.add_argument("--round-of", type=Path, help="measure one round of this checkout and print it as JSON")
    options = parser.parse_args()
    if options.round_of:
        print(json.dumps(_round(options.round_of.resolve())))
        return
    found: dict[tuple[Path, str], list[float]] = defaultdict(list)
    for _ in range(options.rounds):
        for checkout in options.checkouts:
            for name, cost in _in_a_process(checkout).items():
                found[checkout, name].append(cost)
    print(f"CPU µs per request of one event, medians of {options.rounds} rounds of {_LOOPS} requests (least to most):")
    for (checkout, name), costs in found.items():
        print(f"{checkout}: {name} {statistics.median(costs):.1f} ({min(costs):.1f} to {max(costs):.1f})")


def _in_a_process(checkout: Path) -> dict[str, float]:
    command = [sys.executable, "-W", "ignore", __file__, "--round-of", str(checkout)]
    with tempfile.TemporaryDirectory() as metrics:
        given = {**os.environ, "LOG_UNDER_TEST": "none:", "PROMETHEUS_MULTIPROC_DIR": metrics, "ROLE": "intake"}
        done = subprocess.run(command, cwd=checkout, env=given, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def _round(checkout: Path) -> dict[str, float]:
    sys.path.insert(0, str(checkout))
    from bench import served  # of that checkout, which may be an older one

    return {
        "the door": _cost(served, served.drf),
        "Django's handler, answering at once": _cost(served, _empty_handler()),
        "the intake's own work": _cost(served, _intake_alone),
    }


def _cost(served: Any, application: Callable[..., Any]) -> float:
    event = served.example()
    started = 0.0
    for number in range(_WARM_UP + _LOOPS):
        if number == _WARM_UP:
            started = time.process_time()
        event["meta"]["id"] = str(uuid.UUID(int=time.time_ns()))
        response = application(_environ(orjson.dumps(event)), _must_be_created)
        response.close()
    return (time.process_time() - started) / _LOOPS * 1e6


def _empty_handler() -> Callable[..., Any]:
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler

    settings.MIDDLEWARE = [f"{__name__}.AnswersAtOnce"]
    return WSGIHandler()


class AnswersAtOnce:
    """A middleware in place of all others and of the view."""

    def __init__(self, _: Callable[..., Any]) -> None: ...

    def __call__(self, _: Any) -> Any:
        from django.http import HttpResponse

        return HttpResponse(status=201)


def _intake_alone(environ: Environ, start_response: Callable[..., None]) -> io.BytesIO:
    """What the door does between Django's request and Django's response."""
    from eventplatform.guard.wsgi import head_of, read_body
    from intake import runtime

    door, head = runtime.intake(), head_of(environ)
    visit = door.open(head)
    read_body(environ, visit.body, head)
    answer: Any = door.submit(visit)
    start_response(f"{answer.status} Created", answer.headers)
    return io.BytesIO()


def _must_be_created(status: str, *_: object) -> None:
    if not status.startswith("201"):
        sys.exit(f"answered {status}, all should be 201")


def _environ(body: bytes) -> Environ:
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/v1/events",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
    }


if __name__ == "__main__":
    main()
