"""The sample's button clicks: their schemas, their stream with its instrument, and a log in memory."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest
import yaml
from django.conf import settings as project
from django.db import connection

from eventplatform.broker.base import Delivery, Log
from eventplatform.broker.dead_letters import DeadLetter, add
from eventplatform.core.records import NewRecord
from eventplatform.eventlog import event_log
from monitoring.instruments import checking
from monitoring.instruments import lookups as past
from monitoring.instruments.checking import Check, check, subject_of
from monitoring.instruments.evidence.facts import Subject
from registry import lookups as registry
from registry import services as registry_services
from streamconfig import lookups
from tests import configuring
from tests.monitoring.rejected.conftest import empty

KEY, STREAM, SCHEMA = "navigation-clicks", "ui.button_click", "/ui/button_click/1.2.0"


class World:
    """What clients sent, and what the platform knows."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.chance = random.Random("clients")  # noqa: S311  # no secrets
        self.revision = lookups.fresh_snapshot().revision

    def click(self, **changes: Any) -> dict[str, Any]:
        """An event of a client that does all as the contract says, with an identifier below 0.2."""
        identifier = f"{int(self.chance.random() * 0.1999 * 0xFFFFFFFF):08x}{self.chance.getrandbits(48):012x}"
        made: dict[str, Any] = {
            "$schema": SCHEMA,
            "meta": {"stream": STREAM, "id": str(uuid.UUID(int=self.chance.getrandbits(128))), "domain": "en.example.org"},
            "dt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "instrument_name": KEY,
            "sample": {"unit": "session", "rate": 0.2, "revision": self.revision},
            "button_name": "save",
            "position": self.chance.choice(["header", "footer"]),
            "milliseconds_visible": self.chance.randrange(1000),
            "browser": {"session_id": identifier, "pageview_id": identifier[::-1], "page_path": f"/{identifier[:4]}"},
        }
        return {**made, **changes}

    def send(self, *events: Any, seconds_ago: float = 1, topic: str = STREAM) -> None:
        """Put them on the log."""
        at = int((time.time() - seconds_ago) * 1000)
        values = [one if isinstance(one, bytes) else orjson.dumps(one) for one in events]
        told: list[Delivery] = []
        producer = self.log.producer()
        producer.produce([NewRecord(topic, value, timestamp_ms=at) for value in values], told.extend)
        assert producer.flush(10) == 0
        producer.close()

    def clicks(self, number: int, **changes: Any) -> None:
        """So many events of as many sessions."""
        self.send(*(self.click(**changes) for _ in range(number)))

    def refuse(self, event: Any = None, **facts: Any) -> None:
        """A dead letter of the intake."""
        value = event if isinstance(event, bytes) else orjson.dumps(event or self.click(button_name="Save!"))
        letter = DeadLetter(
            name="analytics-external", stream=STREAM, topic="analytics.error", incarnation="x", partition=0,
            offset=self.chance.getrandbits(40), timestamp_ms=0, key=None, value=value, headers=(), code="event.invalid",
            pointer="/button_name", message="must match the pattern", remedy="Send small letters.", source="intake",
            service="analytics-external", schema_id=SCHEMA,
        )  # fmt: skip
        connection.ensure_connection()
        add(connection.connection, [replace(letter, **facts)])

    def check(self, key: str = KEY, **asked: Any) -> Check:
        """The answer for an instrument; for the stream where the key is empty."""
        subject = subject_of(lookups.fresh_snapshot(), key) if key else Subject(STREAM)
        return check(self.log, subject, may_see=True, **asked)

    def configure(self, **instrument: Any) -> None:
        """Change the instrument."""
        item = lookups.current_document().as_json()["instruments"][KEY]
        configuring.configure({"instruments": {KEY: {**item, **instrument}}})
        lookups.forget()


@pytest.fixture
def world(db: None, settings: Any) -> Iterator[World]:
    settings.EVENT_LOG_URL = f"memory://{uuid.uuid4().hex}"
    for cache in (registry, lookups):
        cache.forget()
    examples = project.BASE_DIR / "examples"
    for order, name in enumerate(("primary", "secondary")):
        registry_services.import_folder(name=name, folder=examples / "schemas" / name, role=name, order=order)
    document = yaml.safe_load((examples / "streams.yaml").read_text())
    configuring.configure(document)
    lookups.forget()
    log = event_log()
    log.create_topic(STREAM)
    empty()
    past._held_since.cache_clear()  # revisions of other tests have the same numbers
    checking._kept.clear()
    yield World(log)
    empty()
    for cache in (registry, lookups):
        cache.forget()
