from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from eventplatform import panels
from tests.monitoring.alerts.receiving import Receiver, receiver
from tests.monitoring.alerts.stage import Stage


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    found = Stage()
    monkeypatch.setattr(panels, "_troubles", {"stage": lambda: list(found.troubles)})
    return found


@pytest.fixture
def root(db: None, client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def hook(settings: Any) -> Iterator[Receiver]:
    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]
    with receiver() as found:
        yield found
