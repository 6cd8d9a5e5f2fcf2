"""A tally counts what the library's own counter would, in the same files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram

from eventplatform.core import tally
from eventplatform.core.tally import Timing

_IN_FILES = """
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from eventplatform.core import tally

counted = Counter("c", "c", ["of"], registry=None)
timed = Histogram("h", "h", ["of"], buckets=(0.1, 1), registry=None)
one = tally.counter(counted.labels("x"))
one.add(2)
for number in range(20_000):  # the file grows and is mapped anew
    counted.labels(f"label {number} " + "." * 60)
one.add(3)
timing = tally.Timing(timed.labels("x"))
for seconds in (0.05, 0.1, 0.5, 7):
    timing.add(seconds)
registry = CollectorRegistry()
MultiProcessCollector(registry)
lines = generate_latest(registry).decode().splitlines()
print("\\n".join(line for line in lines if 'of="x"' in line))
"""


def test_add__in_one_process__as_the_library_counts() -> None:
    registry = CollectorRegistry()
    counted = Counter("c", "c", ["of"], registry=registry).labels("x")
    timed = Histogram("h", "h", ["of"], registry=registry, buckets=(0.1, 1)).labels("x")

    tally.counter(counted).add(2)
    for seconds in (0.05, 0.1, 0.5, 7):
        Timing(timed).add(seconds)

    assert registry.get_sample_value("c_total", {"of": "x"}) == 2
    found = [registry.get_sample_value("h_bucket", {"of": "x", "le": bound}) for bound in ("0.1", "1.0", "+Inf")]
    assert found == [2, 3, 4]
    assert registry.get_sample_value("h_sum", {"of": "x"}) == pytest.approx(7.65)


@pytest.mark.slow
def test_add__into_files_that_grow__scraped_as_counted(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    done = subprocess.run([sys.executable, "-c", _IN_FILES], env=environment, capture_output=True, text=True, check=True)

    assert 'c_total{of="x"} 5.0' in done.stdout
    assert 'h_bucket{le="0.1",of="x"} 2.0' in done.stdout
    assert 'h_bucket{le="+Inf",of="x"} 4.0' in done.stdout
