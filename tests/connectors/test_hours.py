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
from eventplatform.core.records import TopicPartition
from streamconfig import lookups
from tests.connectors.conftest import Produce

pytestmark = pytest.mark.slow

ADDRESS = "/api/v1/hours"


def event(text: str) -> bytes:
    return orjson.dumps({"test": text, "meta": {"stream": "test.event"}})


def this_hour() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def in_two_hours(connector: Connector) -> datetime:
    watcher.reconcile()
    return this_hour() + timedelta(hours=2, minutes=10)


def ask(**query: str) -> Any:
    return Client().get(ADDRESS, query)


def told(stream: str = "test.event") -> list[tuple[bool, int, int, int]]:
    """Each hour from this one on, until in two hours."""
    last = this_hour() + timedelta(hours=2)
    answer = ask(**{"stream": stream, "from": this_hour().isoformat(), "to": last.isoformat()})
    assert answer.status_code == 200, answer.content
    return [(one["complete"], one["revision"], one["files"], one["rows"]) for one in answer.json()["hours"]]


def test_close__all_stored_and_no_traffic__complete_and_told(
    connector: Connector, produce: Produce, where: TopicPartition, in_two_hours: datetime, tmp_path: Path
) -> None:
    produce(event("a"), event("b"))
    slices.run(connector.pk, where)
    assert told() == [(False, 0, 0, 0), (False, 0, 0, 0)]

    assert hours.close(connector, in_two_hours) == {"test.event": 2}

    assert told() == [(True, 1, 1, 2), (True, 1, 0, 0)]
    assert len(list(tmp_path.rglob("_SUCCESS"))) == 2


def test_close__records_wait_in_the_log__not_complete(
    connector: Connector, produce: Produce, where: TopicPartition, in_two_hours: datetime
) -> None:
    produce(event("a"))
    slices.run(connector.pk, where)
    produce(event("b"))

    assert hours.close(connector, in_two_hours) == {}

    assert told()[0] == (False, 0, 0, 0)


def test_close__late_event__next_revision(
    connector: Connector, produce: Produce, where: TopicPartition, in_two_hours: datetime
) -> None:
    produce(event("a"))
    slices.run(connector.pk, where)
    hours.close(connector, in_two_hours)
    produce(event("b"))
    slices.run(connector.pk, where)

    hours.close(connector, in_two_hours)

    assert told()[0] == (True, 2, 2, 2)


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


def test_close__lake_away__other_streams_go_on(
    connector: Connector, produce: Produce, in_two_hours: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.sinks.base import StoreUnavailableError
    from connectors.stores.lake_closing import Closer

    def away(*_: object) -> None:
        raise StoreUnavailableError(reason="gone")

    monkeypatch.setattr(Closer, "run", away)

    assert hours.close(connector, in_two_hours) == {}
    assert lookups.snapshot().find_stream("test.event") is not None


def test_lakes__other_kinds__are_none(connector: Connector) -> None:
    services.save_target(name="hook", kind="http", values={"url": "https://example.org/"})
    services.save_connector(name="hook", target="hook", streams=["*"], values={})

    assert [one.name for one in hours.lakes()] == ["files"]
