"""F15: the intake's clock is set an hour forward and back under load, and clients' clocks are ten years off."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from eventplatform.broker.base import partitions_of
from eventplatform.core.records import Record
from tests.faults.conftest import Stack
from tests.faults.intakes import until
from tests.faults.verifying import tell, verify

_SOURCE = Path(__file__).with_name("clock_shift.c")
_HOUR = 3600
_STRANGE = ("2016-11-26T00:00:00Z", "2036-11-26T00:00:00Z", "2026-06-30T23:59:60Z", "2026-02-30T00:00:00Z")
_REFUSED = ("2026-11-26T00:00:00", "26.11.2026", "1795657038", "")


class Clock:
    """The wall clock of processes that are started with `environment`."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("no C compiler to shift a clock with")
        library, self._file = folder / "clock_shift.so", folder / "shift"
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, _SOURCE, "-ldl"], check=True)
        self._file.write_text("+00000000\0" + " " * 22)
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_SHIFT_FILE": str(self._file)}

    def set(self, seconds: int) -> None:
        """Let it show so much more than the truth."""
        with self._file.open("r+") as file:
            file.write(f"{seconds:+09d}")


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


def records(stack: Stack) -> Iterator[Record]:
    where = partitions_of(stack.log.topics([stack.stream]))
    first, end = stack.log.first_offsets(where), stack.log.end_offsets(where)
    reader = stack.log.reader()
    for place in where:
        offset = first[place]
        while offset < end[place]:
            batch = reader.read(place, offset, timeout_seconds=5.0)
            yield from batch.records
            offset = batch.next_offset
    reader.close()


@pytest.mark.faults
def test_clock_set_an_hour_on_and_back__each_event_has_the_servers_time_and_an_id_of_its_own(
    stack: Stack, clock: Clock
) -> None:
    intake = stack.intake(environment=clock.environment)
    nameless = {"$schema": "/sample/test_event/1.0.0", "meta": {"stream": stack.stream, "domain": "nameless"}, "test": "x"}
    with stack.load().running() as clients, httpx.Client(base_url=intake.url, trust_env=False) as client:
        for shift in (0, _HOUR, 0, -_HOUR, 0):
            clock.set(shift)
            time.sleep(1)
            assert client.post("/v1/events", json=[nameless] * 100).status_code == httpx.codes.CREATED
            time.sleep(2)
            _, told = intake.ready()
            assert _age(told) < 10, told  # neither does a jump make the configuration old, nor is an age negative
            assert _age(told) >= 0, told

    report = verify("F15, clock set", stack.ledger, stack.log, stack.stream)
    report.check()
    ids = Counter(event["meta"]["id"] for event, _ in judged(stack) if event["meta"]["domain"] == "nameless")
    shifts = {round((record_ms / 1000 - time.time()) / _HOUR) for _, record_ms in judged(stack)}
    tell(f"{ids.total()} events without ids got {len(ids)}; record times lie {sorted(shifts)} hours from now")
    assert set(clients.statuses()) == {201}
    assert (ids.total(), len(ids)) == (500, 500)
    assert shifts == {-1, 0, 1}  # the record's time is the server's, whatever that says


def judged(stack: Stack) -> list[tuple[dict[str, Any], int]]:
    return [(orjson.loads(record.value or b"{}"), record.timestamp_ms) for record in records(stack)]


def _age(told: dict[str, Any]) -> float:
    return float(told["configuration"]["age_seconds"])


@pytest.mark.faults
def test_client_clocks_ten_years_off__kept_as_they_say_and_filed_by_the_servers_time(stack: Stack) -> None:
    intake = stack.intake()
    meta = {"stream": stack.stream, "domain": "strange"}
    events = [{"$schema": "/sample/test_event/1.0.0", "meta": meta, "dt": dt, "test": "x"} for dt in (*_STRANGE, *_REFUSED)]
    with httpx.Client(base_url=intake.url, trust_env=False) as client:
        answer = client.post("/v1/events", json=events)
        until(intake.is_settled, 10, "everything in the log")

    results = [one["result"] for one in answer.json()["results"]]
    assert results == ["accepted"] * len(_STRANGE) + ["invalid"] * len(_REFUSED)
    kept = judged(stack)
    assert {event["dt"] for event, _ in kept} == set(_STRANGE)
    assert all(abs(record_ms / 1000 - time.time()) < 60 for _, record_ms in kept)
