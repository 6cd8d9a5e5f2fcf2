"""Streams to work with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from registry import lookups as registry
from streamconfig import lookups
from tests import configuring
from tests.streamconfig import wishing

DOCUMENT: dict[str, Any] = {
    "defaults": {"topic_prefixes": None, "canary_events_enabled": True, "consumers": {"warehouse": {"enabled": True}}},
    "streams": {
        "page.change": {
            "schema_title": "page/change",
            "destination_event_service": "main",
            "message_key_fields": {"page_id": "page.page_id"},
            "about": {"owner": "Platform team", "purpose": "Rebuild the state of pages"},
        },
        "ui.click": {
            "schema_title": "ui/click",
            "destination_event_service": "analytics",
            "sample": {"unit": "session", "rate": 0.5},
            "about": {"owner": "Web team"},
        },
        "/^job\\..+/": {"schema_title": "job", "destination_event_service": "main"},
    },
}


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Each test looks at its own database first."""
    for cache in (registry, lookups):
        cache.forget()
    yield
    for cache in (registry, lookups):
        cache.forget()


@pytest.fixture
def streams(db: None) -> None:
    """Three streams are published."""
    configuring.configure(DOCUMENT, author="tests", reason="to begin with")


@pytest.fixture
def people(db: None) -> wishing.People:
    """Two streams of the web team are published, and there is one person of each group."""
    configuring.configure(wishing.DOCUMENT)
    return wishing.make_people()


@pytest.fixture
def committed(transactional_db: None) -> wishing.People:
    """The same, for threads that look at it too."""
    configuring.configure(wishing.DOCUMENT)
    return wishing.make_people()
