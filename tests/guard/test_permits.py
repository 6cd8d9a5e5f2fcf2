"""Permits: what nothing asks for costs nothing, and a crowded process lets in small clients first."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from eventplatform.core.services import Service
from eventplatform.guard.admission import Admission
from eventplatform.guard.permit_errors import OverloadedError
from eventplatform.guard.permits import NOTHING_ASKED, AddressRateError
from tests.guard.guarding import Guarding, head, made, stream

SERVICE = Service("main")


def test_permit__nothing_configured__is_the_one_that_asks_nothing() -> None:
    guarding = Guarding(stream())

    assert guarding.guard.permit(head(), SERVICE) is NOTHING_ASKED
    assert guarding.guard.permit(head(origin="https://en.wikipedia.org"), SERVICE) is NOTHING_ASKED


@pytest.mark.parametrize(
    "door", [{"origins": ()}, {"allows_anonymous": False}, {"events_per_second": 1}, {"events_per_day": 1}]
)
def test_permit__one_stream_asks_something__requests_are_judged(door: dict[str, Any]) -> None:
    assert Guarding(stream("plain"), stream("asks", **door)).guard.permit(head(), SERVICE) is not NOTHING_ASKED


def test_nothing_asked__allow__costs_less_than_a_fifth_of_a_microsecond() -> None:
    allow, asked = NOTHING_ASKED.allow, stream()

    def best() -> float:
        started = time.perf_counter()
        for _ in range(10_000):
            allow(asked)
        return (time.perf_counter() - started) / 10_000

    assert min(best() for _ in range(20)) < 0.2e-6


def test_permit__configuration_swapped__new_rules_hold() -> None:
    guarding = Guarding()
    streams = [(stream(),), (stream(events_per_second=1),)]
    guard = guarding.guard
    guard._configuration = lambda: streams[0]
    assert guard.permit(head(), SERVICE) is NOTHING_ASKED

    streams.pop(0)

    assert guard.permit(head(), SERVICE) is not NOTHING_ASKED


def test_admission__crowded__who_has_most_waits_first() -> None:
    admission = Admission(100)
    admission.enter("large", 90)
    admission.enter("small", 10)

    with pytest.raises(OverloadedError) as caught:
        admission.check("large")
    admission.check("small")
    admission.check("newcomer")

    assert (caught.value.http_status, caught.value.outcome, caught.value.retry_after_seconds) == (503, "limited", 1)


def test_admission__far_beyond__nobody_is_let_in() -> None:
    admission = Admission(100)
    admission.enter("large", 160)

    with pytest.raises(OverloadedError):
        admission.check("newcomer")


def test_admission__settled__all_are_let_in_again_and_nothing_is_kept() -> None:
    admission = Admission(100)
    for client in ("one", "other"):
        admission.enter(client, 60)
    for client in ("one", "other"):
        admission.leave(client, 60)

    admission.check("one")

    assert (admission.events, admission._by_client) == (0, {})


def test_admission__many_threads__adds_up() -> None:
    admission = Admission(100)

    def work() -> None:
        for _ in range(2000):
            admission.enter("one", 3)
            admission.leave("one", 3)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (admission.events, admission._by_client) == (0, {})


def test_permit__process_is_crowded__large_client_is_refused_before_its_body() -> None:
    key, secret = made()
    guarding = Guarding(stream(), keys=[key], most_events=10)
    guarding.admission.enter("192.0.2.7", 10)
    guarding.admission.enter(key.name, 1)

    with pytest.raises(OverloadedError):
        guarding.guard.permit(head(), SERVICE)
    guarding.guard.permit(head(key=secret), SERVICE)


def test_permit__many_requests_of_one_hot_address__cold_ones_succeed() -> None:
    guarding = Guarding(stream(), address_events_per_second=10)
    refused = {"hot": 0, "cold": 0}

    for turn in range(500):
        guarding.clock.now += 0.01
        for name, peer, number in (("hot", "192.0.2.1", 5), ("cold", f"192.0.3.{turn % 50}", 1)):
            for _ in range(number):
                try:
                    guarding.guard.permit(head(peer=peer), SERVICE)
                except AddressRateError:
                    refused[name] += 1

    assert refused["hot"] > 2400
    assert refused["cold"] == 0
