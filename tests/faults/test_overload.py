"""F14: five times the usual load, most of it one tenant's, half of it invalid, and 500 clients that never finish."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from tests.faults.conftest import Stack
from tests.faults.intakes import until
from tests.faults.ledger import BAD, Attempt, Ledger
from tests.faults.load import Exchange, Load
from tests.faults.slow_clients import SlowClients
from tests.faults.verifying import tell, verify

_RATE = 300.0
_OVERLOAD_SECONDS = 60
_ADMITTED_SECONDS = 1.0
_MEMORY_BYTES = 512_000_000
_COLD_SHARE = 0.95
_REFUSALS = frozenset({429, 503})


def good_share(ledger: Ledger) -> float:
    """How many of the events that are right were taken."""
    outcomes = [attempt.outcome for attempt in ledger if not _is_bad(attempt)]
    return outcomes.count("ok") / len(outcomes)


def _is_bad(attempt: Attempt) -> bool:
    return attempt.id.split("/")[1].startswith(BAD)


def admitted_p99(exchanges: Sequence[Exchange]) -> float:
    """Within which time 99 of 100 requests had their answer that were let in."""
    took = sorted(one.ended - one.began for one in exchanges if one.status not in _REFUSALS)
    return took[int(len(took) * 0.99)]


def check_refusals(*loads: Load) -> None:
    every = [one for load in loads for one in load.exchanges]
    assert {one.status for one in every} <= {201, 207, 400, *_REFUSALS}
    assert all(one.retry_after for one in every if one.status in _REFUSALS)


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_overload__by_one_tenant_and_500_slow_clients__the_others_keep_their_service(stack: Stack) -> None:
    hot_stream = f"{stack.stream}.hot"
    hot_ledger = stack.add_stream(hot_stream, events_per_second=int(_RATE))
    intake = stack.intake()
    cold = stack.load(rate=_RATE, bad_share=0.5)
    hot = stack.load(stream=hot_stream, ledger=hot_ledger, rate=4 * _RATE, connections=24, bad_share=0.5)

    with cold.running(), SlowClients(intake.port, 500).running() as slow, hot.running():
        most = 0
        for _ in range(_OVERLOAD_SECONDS):
            most = max(most, intake.resident_bytes())
            time.sleep(1)
    calm = time.monotonic()
    with stack.load(rate=_RATE, seed=2).running() as after:
        until(after.are_well, 10, "clients that are well")
        recovery = time.monotonic() - calm
        time.sleep(2)
    until(intake.is_settled, 30, "everything in the log")

    for ledger, stream in ((stack.ledger, stack.stream), (hot_ledger, hot_stream)):
        verify(f"F14, overload, {stream}", ledger, stack.log, stream, recovery_seconds=recovery).check()
    share, hot_share = good_share(stack.ledger), good_share(hot_ledger)
    p99 = admitted_p99([*cold.exchanges, *hot.exchanges])
    tell(f"cold tenants {share:.1%} taken, the hot one {hot_share:.1%}; admitted p99 {p99:.2f} s; {most / 1e6:.0f} MB")
    tell(f"requests {dict(cold.statuses())} and {dict(hot.statuses())}; slow clients thrown out by {dict(slow.ends)}")
    check_refusals(cold, hot, after)
    assert share >= _COLD_SHARE
    assert hot_share < share
    assert p99 < _ADMITTED_SECONDS
    assert most < _MEMORY_BYTES
    assert set(slow.ends) <= {0, 408, 429}
    assert slow.ends.total() >= 500  # each at least once
    hot_ledger.close()
