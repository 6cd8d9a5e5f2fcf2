"""Production that fails on wish."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from eventplatform.broker.base import Delivery
from eventplatform.broker.memory import MemoryLog
from eventplatform.core.records import NewRecord
from eventplatform.core.services import EventGateRules, Service
from intake.failing import FailedOnWishError, FailingProducer, failing_topics
from tests.contracts.intake_doors import HandMade


@pytest.mark.parametrize(("topics", "failed"), [("aba", [1]), ("bb", [0, 1]), ("aa", [])])
def test_produce__some_topics_fail__the_others_are_taken_in_order(topics: str, failed: list[int]) -> None:
    log = MemoryLog()
    log.create_topic("a")
    told: list[Delivery] = []

    def settle(deliveries: Sequence[Delivery]) -> None:
        told.extend(deliveries)

    FailingProducer(log.producer(), lambda: {"b"}).produce([NewRecord(topic, b"{}") for topic in topics], settle)

    assert [one.topic for one in told] == list(topics)
    assert [index for index, one in enumerate(told) if isinstance(one.error, FailedOnWishError)] == failed


def test_failing_topics__of_services_with_eventgates_profile_alone() -> None:
    rules = EventGateRules(failing_streams=frozenset({"test.event", "eventlogging_X"}))
    exact, ours = Service("main", profile="eventgate", eventgate=rules), Service("other", eventgate=rules)

    assert failing_topics(HandMade(services={"main": exact}), "") == {"test.event", "eventlogging_X"}
    assert failing_topics(HandMade(services={"other": ours}), "") == frozenset()
