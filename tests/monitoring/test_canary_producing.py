"""Canaries through several intakes, some of which hang; past hours; ticks that never end."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from monitoring import canaries, health, lookups, posting, services
from monitoring.models import CanaryRun, CanaryTick, CanaryTurn
from monitoring.posting import SILENT, Intake
from tests.monitoring.world import World

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def taking(posted: list[tuple[str, str]], prefix: str, service: str = "", status: int = 201) -> Intake:
    def answer(request: httpx.Request) -> httpx.Response:
        posted.append((prefix + service, json.loads(request.content)["meta"]["stream"]))
        return httpx.Response(status, json={})

    transport = httpx.MockTransport(answer)
    return Intake(f"http://{prefix}{service}", prefix=prefix, service=service, transport=transport, wait=lambda _: None)


@contextmanager
def silent_server() -> Iterator[str]:
    """A server that takes connections and drips a byte now and then, never an answer: no read ever times out."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended = threading.Event()
        listener.settimeout(0.1)
        held: list[socket.socket] = []

        def serve() -> None:
            while not ended.is_set():
                try:
                    held.append(listener.accept()[0])
                except TimeoutError:
                    for one in held:
                        one.send(b"H" if one is held[-1] else b"")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        ended.set()
        thread.join(5)
        for one in held:
            one.close()


def test_send_due__two_datacenters_and_a_service__one_request_each_through_the_right_intake(world: World) -> None:
    world.add("logs", service="logging", topics=("eqiad.logs", "codfw.logs"))
    posted: list[tuple[str, str]] = []

    sent = canaries.send_due(world.log, taking(posted, "eqiad."), taking(posted, "codfw."), taking(posted, "eqiad.", "logging"))

    assert sent == 4
    assert sorted(posted) == [
        ("codfw.", "logs"),
        ("codfw.", "test.event"),
        ("eqiad.", "test.event"),
        ("eqiad.logging", "logs"),
    ]
    rows = CanaryRun.objects.filter(stream="logs").order_by("prefix").values_list("prefix", "service", "topic", "status")
    assert list(rows) == [("codfw.", "logging", "codfw.logs", 201), ("eqiad.", "logging", "eqiad.logs", 201)]


def test_send_due__one_datacenter_refuses__all_are_tried_and_only_its_path_is_red(world: World) -> None:
    posted: list[tuple[str, str]] = []

    canaries.send_due(world.log, taking(posted, "eqiad.", status=207), taking(posted, "codfw."))

    paths = {path.prefix: path for path in lookups.canary_paths()}
    assert len(posted) == 2
    assert (paths["eqiad."].stages[0].state, paths["codfw."].stages[0].state) == ("fail", "ok")
    assert [(one.kind, one.subject) for one in health.troubles() if one.kind.startswith("canary")] == [
        ("canary.intake", "eqiad.main")
    ]


def test_send_due__no_intake_for_the_service__excluded_with_the_reason(world: World) -> None:
    posted: list[tuple[str, str]] = []

    canaries.send_due(world.log, taking(posted, "eqiad.", "logging"))

    assert posted == []
    assert "CANARY_INTAKES" in CanaryTurn.objects.get().excluded_because


def test_send_due__t337055_an_intake_hangs__others_get_theirs_and_the_tick_ends(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canaries, "_ANSWERS_SECONDS", 1.0)
    posted: list[tuple[str, str]] = []
    world.add("other")
    began = time.monotonic()

    with silent_server() as url, Intake(url, prefix="eqiad.") as hung:
        sent = canaries.send_due(world.log, hung, taking(posted, "codfw."))

    assert sent == 4
    assert time.monotonic() - began < 4
    assert sorted(posted) == [("codfw.", "other"), ("codfw.", "test.event")]
    assert set(CanaryTurn.objects.filter(prefix="eqiad.").values_list("status", "code")) == {(None, SILENT)}
    assert CanaryTick.objects.get().finished_at is not None


def test_send_due__another_tick_is_at_it__does_nothing_until_that_one_hung_too_long(world: World) -> None:
    posted: list[tuple[str, str]] = []
    services.begin_tick(name="send", now=datetime.now(UTC), lasts=timedelta(seconds=40))

    meanwhile = canaries.send_due(world.log, taking(posted, ""))
    CanaryTick.objects.update(until=datetime.now(UTC))
    later = canaries.send_due(world.log, taking(posted, ""))

    assert (meanwhile, later) == (0, 1)


def test_send_due__fails__no_heartbeat_and_the_next_may_go_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    posted: list[tuple[str, str]] = []
    with monkeypatch.context() as patched:
        patched.setattr(canaries, "send", lambda *_: (_ for _ in ()).throw(OSError("disk")))
        with pytest.raises(OSError, match="disk"):
            canaries.send_due(world.log, taking(posted, ""))

    assert CanaryTick.objects.get().finished_at is None
    CanaryTurn.objects.update(claimed_at=None)
    assert canaries.send_due(world.log, taking(posted, "")) == 1


def test_producer__silent_with_workers_alive__one_trouble_and_all_paths_grey(world: World) -> None:
    with world.intake() as intake:
        canaries.send_due(world.log, intake)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    CanaryTick.objects.update(finished_at=long_ago, began_at=long_ago)
    CanaryTurn.objects.update(sent_at=long_ago)
    services.beat(role="worker", now=datetime.now(UTC))

    found = health.troubles()

    assert [(one.kind, one.subject) for one in found] == [("canary.producer", "sender")]
    assert {stage.state for path in lookups.canary_paths() for stage in path.stages} == {"unknown"}


def test_producer__silent_as_workers_are_dead__that_is_told_instead(world: World) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    CanaryTick.objects.create(name="send", began_at=long_ago, until=long_ago, finished_at=long_ago)
    services.beat(role="worker", now=long_ago)

    found = health.troubles()

    assert len(found) == 1
    assert "Workers" in found[0].what


def test_send__for_a_past_hour__dt_lies_in_it_and_the_row_says_so(world: World) -> None:
    hour = datetime(2026, 1, 2, 7, tzinfo=UTC)
    stream = world.config.streams["test.event"]

    with world.intake() as intake:
        post = canaries.Post(stream, intake, world.config.schemas.canary_example(stream.schema_title) or {}, hour)
        answers = canaries.send([post], world.log)

    assert [one.status for one in answers] == [201]
    assert world.posted[0]["dt"] == "2026-01-02T07:00:00.000Z"
    assert CanaryRun.objects.get().for_hour == hour


def test_post__its_time__is_bounded_by_settings_that_hold_together() -> None:
    assert posting.RUN_SECONDS < canaries._ANSWERS_SECONDS < canaries._TICK_LASTS.total_seconds()
