"""Two teams (security, row 32): what a stream keeps to its team is on no page of anybody else's."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from eventplatform.broker.base import Delivery
from eventplatform.broker.dead_letters import DeadLetter, add
from eventplatform.core.records import NewRecord
from eventplatform.eventlog import event_log
from monitoring import pages
from streamconfig import lookups
from tests import configuring
from tests.monitoring.rejected.conftest import empty

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

NAME, SECRET = "shop.order", "what nobody else may read"
EVENT = {"$schema": "/shop/order/1.0.0", "meta": {"stream": NAME, "id": "event-1"}, "words": SECRET}
PATHS = (
    f"/records/{NAME}/0/0",
    "/trace?id=event-1&range=24h",
    f"/live?stream={NAME}",
    f"/live/events?stream={NAME}",
    "/start/tail",
    "/rejected?group={group}",
    "/rejected/{group}/export",
)


@pytest.fixture
def group(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The stream with an event in the log and one that was refused; the key of its group."""
    settings.EVENT_LOG_URL = f"memory://{uuid.uuid4().hex}"
    monkeypatch.setattr(pages, "_tails", {})
    stream = {"schema_title": "shop/order", "stream_out": {"access": "token", "teams": ["shop"]}, "topics": [NAME]}
    configuring.configure({"teams": {"shop": {"title": "Shop"}}, "streams": {NAME: stream}})
    lookups.forget()
    log = event_log()
    log.create_topic(NAME)
    settled: list[Delivery] = []
    producer = log.producer()
    producer.produce([NewRecord(NAME, orjson.dumps(EVENT), b"key-1")], settled.extend)
    assert producer.flush(5) == 0
    empty()
    connection.ensure_connection()
    refused = DeadLetter(
        name="main",
        service="main",
        source="intake",
        event_id="event-2",
        received_at=datetime.now(UTC),
        stream=NAME,
        topic=NAME,
        incarnation="i",
        partition=0,
        offset=7,
        timestamp_ms=0,
        key=None,
        value=orjson.dumps(EVENT),
        headers=(),
        code="event.invalid",
        pointer="/words",
        message="is too long",
    )
    add(connection.connection, [refused])
    with connection.cursor() as cursor:
        cursor.execute("select group_key from dead_letters where stream = %s", [NAME])
        yield str(cursor.fetchone()[0])
    lookups.forget()


def of_team(name: str) -> Client:
    person = User.objects.create_user(name)
    person.groups.add(Group.objects.get_or_create(name=f"team: {name}")[0])
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("path", PATHS)
def test_stream_kept_to_teams__somebody_else__finds_nothing_of_its_events(path: str, group: str) -> None:
    answer = of_team("web").get(path.format(group=group))

    assert answer.status_code in {200, 204, 403}
    assert SECRET not in b"".join(answer).decode()


@pytest.mark.parametrize("path", [PATHS[0], PATHS[1], PATHS[5], PATHS[6]])
def test_stream_kept_to_teams__its_team__reads_them(path: str, group: str) -> None:
    answer = of_team("shop").get(path.format(group=group))

    assert answer.status_code == 200
    assert SECRET in b"".join(answer).decode()
