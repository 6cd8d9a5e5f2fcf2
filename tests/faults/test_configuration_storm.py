"""F16: 50 edits a minute, bad ones among them, streams that go and change their schema, while events flow."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from eventplatform import env
from tests.faults.conftest import Stack
from tests.faults.verifying import tell, verify

_EDITS = 50
_PACE_SECONDS = 1.2
_SEEN_SECONDS = 2.0


@dataclass
class Probe:
    """Asks again and again, in one request, which of two streams is on: by any one configuration exactly one is."""

    url: str
    stream: str
    seen: list[tuple[float, str]] = field(default_factory=list)  # when first, and which
    halves: int = 0
    gone: dict[int, float] = field(default_factory=dict)  # when each removed stream was first refused
    wanted: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def ask_on(self) -> None:
        with httpx.Client(base_url=self.url, trust_env=False, timeout=10) as client:
            while not self._stop.wait(0.02):
                self._ask(client)

    def stop(self) -> None:
        self._stop.set()

    def _ask(self, client: httpx.Client) -> None:
        names = ["left", "right", f"extra-{self.wanted}"]
        asked = time.time()  # what is seen was so when it was asked at the latest
        answer = client.post("/v1/events", json=[self._event(name) for name in names])
        results = [one["result"] for one in answer.json()["results"]]
        which = [name for name, result in zip(names[:2], results, strict=False) if result == "accepted"]
        self.halves += len(which) != 1
        if which and (not self.seen or self.seen[-1][1] != which[0]):
            self.seen.append((asked, which[0]))
        if self.wanted and results[2] == "denied":
            self.gone.setdefault(self.wanted, asked)

    def _event(self, name: str) -> dict[str, Any]:
        meta = {"stream": f"{self.stream}.{name}", "domain": "probe"}
        return {"$schema": "/sample/test_event/1.0.0", "meta": meta, "test": "x"}


def published(stack: Stack, probe: Probe) -> list[float]:
    """The moments of all edits, the probe told of each."""
    command = [sys.executable, "-m", "tests.faults.storm", stack.stream, str(_EDITS), str(_PACE_SECONDS)]
    moments = []
    with subprocess.Popen(command, cwd=env.ROOT, env=stack.environment, stdout=subprocess.PIPE, text=True) as storm:
        for line in storm.stdout or ():
            moments.append(json.loads(line)["at"])
            probe.wanted = len(moments)
            if len(moments) == 1:
                threading.Thread(target=probe.ask_on, daemon=True).start()
        time.sleep(_SEEN_SECONDS)
        probe.stop()
    assert storm.returncode == 0
    return moments


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_configuration_storm__under_load__each_edit_seen_in_time_and_no_event_judged_by_half(stack: Stack) -> None:
    intake = stack.intake()
    probe = Probe(intake.url, stack.stream)
    with stack.load().running() as clients:
        moments = published(stack, probe)

    report = verify("F16, configuration storm", stack.ledger, stack.log, stack.stream)
    report.check()
    seen = probe.seen[probe.seen[0][1] == "left" :]  # from what edit 1 made
    changes = dict(enumerate(seen, start=1))
    delays = [changes[number][0] - moment for number, moment in enumerate(moments, start=1) if number in changes and number > 1]
    gone = [probe.gone[number] - moment for number, moment in enumerate(moments, start=1) if number in probe.gone]
    tell(f"{len(moments)} edits, {len(delays)} seen within {max(delays):.2f} s, {len(gone)} removals within {max(gone):.2f} s")
    assert set(clients.statuses()) == {201}
    assert probe.halves == 0
    assert len(moments) == len(seen) == len(gone) == _EDITS
    assert max(delays) < _SEEN_SECONDS
    assert max(gone) < _SEEN_SECONDS
