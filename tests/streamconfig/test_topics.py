"""Topics follow configuration: made, grown, kept; what differs is told, nothing is deleted unasked."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from eventplatform.broker import open_log
from eventplatform.broker.base import Log, Topic
from eventplatform.core.streams import Stream
from streamconfig import services
from streamconfig.change_control.actors import Actor
from streamconfig.change_control.errors import RequestReasonError
from streamconfig.models import KnownTopic, TopicCheck, TopicRemoval
from streamconfig.topics import reconcile, removals, troubles
from streamconfig.topics.wishes import HOUR_MS, Step, Wish, drift, steps, wishes
from tests import configuring
from tests.streamconfig.conftest import DOCUMENT

ANN, BEN = (Actor(name, permissions=frozenset({"wire_stream"})) for name in ("ann", "ben"))
EDITOR = Actor("eve", permissions=frozenset({"change_stream"}))


def topic(name: str, partitions: int = 1) -> Topic:
    return Topic(name, partitions, "i")


def test_wishes__two_streams_one_topic__the_first_counts() -> None:
    one = Stream("a", "t", "s", topics=("x", "/p.+/"), partitions=3)
    two = Stream("b", "t", "s", topics=("x",), partitions=5)

    assert wishes([one, two]) == {"x": Wish("x", "a", 3)}


@pytest.mark.parametrize(
    ("wish", "partitions", "kept_ms", "expected"),
    [
        (Wish("x", "s"), 1, HOUR_MS, []),
        (Wish("x", "s", partitions=3), 1, None, [Step("x", 3, None)]),
        (Wish("x", "s", partitions=3), 4, None, []),
        (Wish("x", "s", retention_hours=2), 1, HOUR_MS, [Step("x", None, 2 * HOUR_MS)]),
        (Wish("x", "s", retention_hours=2), 1, 2 * HOUR_MS, []),
        (Wish("x", "s", 2, 2), 1, None, [Step("x", 2, 2 * HOUR_MS)]),
    ],
)
def test_steps__only_what_a_stream_says(wish: Wish, partitions: int, kept_ms: int | None, expected: list[Step]) -> None:
    assert steps([wish], {"x": topic("x", partitions)}, {"x": kept_ms}) == expected


def test_drift__fewer_partitions_other_retention_and_orphans__are_told() -> None:
    wanted = {"x": Wish("x", "s", partitions=1), "y": Wish("y", "s")}
    there = {"x": topic("x", 4), "y": topic("y")}

    found = drift(wanted, there, {"x": 168 * HOUR_MS, "y": None}, orphans=["z"], default_hours=168)

    assert [(one.topic, one.kind, one.wanted, one.found) for one in found] == [
        ("x", "partitions", "1", "4"),
        ("y", "retention", "168 h", "for ever"),
        ("z", "orphan", "no topic", "a topic"),
    ]


@pytest.fixture
def memory(settings: Settings, request: pytest.FixtureRequest) -> Log:
    settings.EVENT_LOG_URL = f"memory://{request.node.name}"
    return open_log(settings.EVENT_LOG_URL)


def logged(**wishes: int) -> dict[str, Any]:
    return {"streams": {"ui.click": {**DOCUMENT["streams"]["ui.click"], "log": wishes}}}


@pytest.mark.slow
def test_reconcile__stream_says_more__topic_grows_and_keeps(streams: None, memory: Log) -> None:
    reconcile.reconcile(memory)
    configuring.configure(logged(partitions=3, retention_hours=48))

    reconcile.reconcile(memory)

    assert memory.topics(["ui.click"])["ui.click"].partitions == 3
    assert memory.retentions(["ui.click"]) == {"ui.click": 48 * HOUR_MS}
    assert TopicCheck.objects.get().drift == []


@pytest.mark.slow
def test_reconcile__stream_says_less__is_drift_and_left_so(streams: None, memory: Log) -> None:
    memory.create_topic("ui.click", partitions=4)
    configuring.configure(logged(partitions=2, retention_hours=48))

    reconcile.reconcile(memory)

    assert memory.topics(["ui.click"])["ui.click"].partitions == 4
    assert [(one["topic"], one["kind"]) for one in TopicCheck.objects.get().drift] == [("ui.click", "partitions")]
    assert [trouble.level for trouble in troubles.troubles()] == ["warn"]


@pytest.mark.slow
def test_reconcile__stream_removed__topic_stays_and_is_told(streams: None, memory: Log) -> None:
    memory.create_topic("somebody.elses")
    reconcile.reconcile(memory)
    configuring.publish(services.without_streams(["ui.click"]))

    reconcile.reconcile(memory)

    assert "ui.click" in memory.topics()
    assert [(one["topic"], one["kind"]) for one in TopicCheck.objects.get().drift] == [("ui.click", "orphan")]


@pytest.mark.slow
def test_removal__asked_and_confirmed_by_another__topic_is_gone(streams: None, memory: Log) -> None:
    reconcile.reconcile(memory)
    configuring.publish(services.without_streams(["ui.click"]))

    with pytest.raises(RequestReasonError):
        removals.ask("ui.click", by=ANN, reason=" ")
    asked = removals.ask("ui.click", by=ANN, reason="retired")
    with pytest.raises(removals.TopicRemovalForbiddenError):
        removals.confirm(asked.pk, by=ANN, event_log=memory)
    done = removals.confirm(asked.pk, by=BEN, event_log=memory)

    assert done.done_at is not None
    assert "ui.click" not in memory.topics()
    assert not KnownTopic.objects.filter(name="ui.click").exists()
    with pytest.raises(removals.TopicRemovalGoneError):
        removals.confirm(asked.pk, by=BEN, event_log=memory)


@pytest.mark.slow
def test_removal__topic_in_use_again_of_others_or_by_an_editor__is_refused(streams: None, memory: Log) -> None:
    reconcile.reconcile(memory)
    configuring.publish(services.without_streams(["ui.click"]))
    asked = removals.ask("ui.click", by=ANN, reason="retired")
    configuring.configure({"streams": {"ui.click": DOCUMENT["streams"]["ui.click"]}})

    with pytest.raises(removals.TopicInUseError):
        removals.confirm(asked.pk, by=BEN, event_log=memory)
    with pytest.raises(removals.TopicNotOursError):
        removals.ask("somebody.elses", by=ANN, reason="")
    with pytest.raises(removals.TopicRemovalForbiddenError):
        removals.ask("ui.click", by=EDITOR, reason="")
    assert "ui.click" in memory.topics()
    removals.withdraw(asked.pk, by=BEN)
    with pytest.raises(removals.TopicRemovalGoneError):
        removals.withdraw(asked.pk, by=BEN)
    assert not TopicRemoval.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_publish__after_commit__topics_exist(settings: Settings) -> None:
    settings.EVENT_LOG_URL = "memory://published"

    configuring.configure(DOCUMENT, author="tests", reason="")

    assert set(open_log("memory://published").topics()) == {"page.change", "ui.click"}


@pytest.mark.slow
def test_topics__log_away__is_trouble_until_it_is_back(streams: None, settings: Settings) -> None:
    away = open_log("kafka://127.0.0.1:1")

    reconcile.reconcile(away)

    assert set(TopicCheck.objects.get().missing) == {"page.change", "ui.click"}
    assert [trouble.level for trouble in troubles.troubles()] == ["fail"]

    reconcile.reconcile(open_log("memory://back"))

    assert troubles.troubles() == []
