"""Hours of lakes on the whole platform: closed by what the log says, told over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import call_command
from django.test import Client

from connectors import hours, services, slices, tasks, watcher
from connectors.models import Connector
from connectors.sinks.base import FencedError, StoreUnavailableError
from connectors.stores.lake_closing import Closer
from connectors.stores.lake_hours import Closed
from eventplatform.broker.base import Log
from eventplatform.core.records import TopicPartition
from tests.connectors.conftest import FakeSnapshot, Produce, stream

pytestmark = pytest.mark.slow

ADDRESS = "/api/v1/hours"
TWO_HOURS_LATER = timedelta(hours=2, minutes=10)


@pytest.fixture
def hour(connector: Connector) -> datetime:
    """The one in which the test began; it may end in the next."""
    watcher.reconcile()
    return hours.hour_begun_at(datetime.now(UTC))


def event(text: str, hour: datetime) -> bytes:
    return orjson.dumps({"test": text, "meta": {"stream": "test.event", "dt": hour}})


def ask(**query: str) -> Any:
    return Client().get(ADDRESS, query)


def told(hour: datetime) -> list[tuple[bool, int, int, int]]:
    """That hour and the next."""
    last = hour + timedelta(hours=2)
    answer = ask(**{"stream": "test.event", "from": hour.isoformat(), "to": last.isoformat()})
    assert answer.status_code == 200, answer.content
    return [(one["complete"], one["revision"], one["files"], one["rows"]) for one in answer.json()["hours"]]


def test_close__all_stored_and_no_traffic__complete_and_told(
    connector: Connector, produce: Produce, where: TopicPartition, hour: datetime, tmp_path: Path
) -> None:
    produce(event("a", hour), event("b", hour))
    slices.run(connector.pk, where)
    assert told(hour) == [(False, 0, 0, 0), (False, 0, 0, 0)]

    assert hours.close(connector, hour + TWO_HOURS_LATER) == {"test.event": 2}

    assert told(hour) == [(True, 1, 1, 2), (True, 1, 0, 0)]
    assert len(list(tmp_path.rglob("_SUCCESS"))) == 2


def test_close__records_wait_in_the_log__not_complete(
    connector: Connector, produce: Produce, where: TopicPartition, hour: datetime
) -> None:
    produce(event("a", hour))
    slices.run(connector.pk, where)
    produce(event("b", hour))

    assert hours.close(connector, hour + TWO_HOURS_LATER) == {}

    assert told(hour)[0] == (False, 0, 0, 0)


def test_close__late_event__next_revision(
    connector: Connector, produce: Produce, where: TopicPartition, hour: datetime
) -> None:
    produce(event("a", hour))
    slices.run(connector.pk, where)
    hours.close(connector, hour + TWO_HOURS_LATER)
    produce(event("b", hour))
    slices.run(connector.pk, where)

    hours.close(connector, hour + TWO_HOURS_LATER)

    assert told(hour)[0] == (True, 2, 2, 2)


def test_tasks__every_lake__asked_for(connector: Connector, produce: Produce, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int]] = []
    monkeypatch.setattr(tasks.close_hours_of, "apply_async", lambda args, **_: asked.append(args))

    assert tasks.close_hours() == 1

    assert asked == [(connector.pk,)]
    assert tasks.close_hours_of(connector.pk) == {}
    call_command("close_hours", "--connector", "nobody")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 404, "connectors_api.not_there"),
        ({"stream": "no.such"}, 404, "connectors_api.not_there"),
        ({"stream": "test.event", "connector": "other"}, 404, "connectors_api.not_there"),
        ({"stream": "test.event", "from": "yesterday"}, 400, "connectors_api.bad_query"),
        ({"stream": "test.event", "from": "2020-01-01", "to": "2021-01-01"}, 400, "connectors_api.bad_query"),
        ({"stream": "test.event", "to": "0001-01-01T00:00:00Z"}, 400, "connectors_api.bad_query"),
    ],
)
def test_api__query_that_cannot_be_answered__says_why(
    connector: Connector, query: dict[str, str], status: int, code: str
) -> None:
    answer = ask(**query)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_api__pages_need_login__strangers_refused(connector: Connector, settings: Any) -> None:
    settings.PAGES_NEED_LOGIN = True

    assert ask(stream="test.event").status_code == 401


@pytest.fixture
def two_streams(log: Log, snapshot: FakeSnapshot) -> None:
    log.create_topic("a.event")
    snapshot.streams = {"a.event": stream("a.event"), **snapshot.streams}


@pytest.mark.usefixtures("two_streams")
@pytest.mark.parametrize("error", [StoreUnavailableError(reason="gone"), FencedError(where="The book of a.event's hours")])
def test_close__one_stream_fails__the_other_is_closed(
    connector: Connector, produce: Produce, hour: datetime, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Closer.run

    def failing(closer: Closer, now: datetime) -> tuple[Closed, ...]:
        if closer.stream == "a.event":
            raise error
        return real(closer, now)

    monkeypatch.setattr(Closer, "run", failing)
    produce(event("a", hour))
    slices.run(connector.pk, TopicPartition("test.event", 0))

    assert hours.close(connector, hour + TWO_HOURS_LATER) == {"test.event": 2}


def test_lakes__other_kinds__are_none(connector: Connector) -> None:
    services.save_target(name="hook", kind="http", values={"url": "https://example.org/"})
    services.save_connector(name="hook", target="hook", streams=["*"], values={})

    assert [one.name for one in hours.lakes()] == ["files"]
