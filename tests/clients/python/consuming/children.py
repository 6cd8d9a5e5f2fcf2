"""Consumers in processes of their own, and what they wrote."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eventplatform import env

Handled = list[tuple[int, int]]


class Child:
    """One such process."""

    def __init__(self, output: Path, **spec: Any) -> None:
        self.output = output
        python_path = f"{env.ROOT}:{env.ROOT / 'clients/python'}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.clients.python.consuming.child", json.dumps({**spec, "output": str(output)})],
            env=env.child({"PYTHONPATH": python_path}),
            cwd=env.ROOT,
            stdout=subprocess.PIPE,
        )

    def handled(self) -> Handled:
        """Partition and number of each event, in the order in which they were handled."""
        lines = self.output.read_bytes().splitlines() if self.output.exists() else []
        return [(int(partition), int(n)) for partition, n in (line.split() for line in lines)]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> dict[str, Any]:
        """As a supervisor does; what it counted."""
        self.process.send_signal(signal.SIGTERM)
        said, _ = self.process.communicate(timeout=30)
        assert self.process.returncode == 0
        found: dict[str, Any] = json.loads(said)
        return found


@contextmanager
def ended(children: list[Child]) -> Iterator[None]:
    """Whatever happens, none of them stays."""
    try:
        yield
    finally:
        for child in children:
            if child.process.poll() is None:
                child.kill()
            if child.process.stdout:
                child.process.stdout.close()


def by_partition(found: Handled) -> dict[int, list[int]]:
    """The numbers of each."""
    made: dict[int, list[int]] = defaultdict(list)
    for partition, n in found:
        made[partition].append(n)
    return made


def repeated_at_the_end_only(killed: Handled, later: Handled) -> bool:
    """What came again is what the killed one handled last, partition by partition: it was not kept as done yet."""
    again = by_partition(later)
    return all(_is_tail(numbers, set(again[partition])) for partition, numbers in by_partition(killed).items())


def _is_tail(numbers: Sequence[int], again: set[int]) -> bool:
    repeated = [n in again for n in numbers]
    return repeated == sorted(repeated)
