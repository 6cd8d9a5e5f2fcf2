"""What the preview of a change is told about where a stream's events are stored."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.downstream import downstream
from connectors.models import Connector, Target
from tests import configuring

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def clicks() -> Connector:
    target = Target.objects.create(name="warehouse", kind="files")
    return Connector.objects.create(name="clicks", target=target, streams=["ui.*"])


def configured(consumers: dict[str, Any]) -> None:
    configuring.configure({"streams": {"ui.click": {"schema_title": "ui/click", "consumers": consumers}}})


@pytest.mark.parametrize("name", ["clicks", "warehouse"])
def test_downstream__retention_of_the_connector_or_its_target__told(clicks: Connector, name: str) -> None:
    configured({name: {"retention_days": 90}})

    (one,) = downstream("ui.click")

    assert (one.name, one.kind, one.target, one.is_enabled, one.retention_days) == ("clicks", "files", "warehouse", True, 90)
    assert one.link == "/connectors/clicks"


def test_downstream__switched_off_by_the_stream__listed_as_such(clicks: Connector) -> None:
    configured({"clicks": {"enabled": False}})

    (one,) = downstream("ui.click")

    assert (one.is_enabled, one.retention_days) == (False, None)
    assert "Switched off" in one.note


def test_downstream__paused_connector__says_that_it_catches_up(clicks: Connector) -> None:
    configured({})
    Connector.objects.update(is_enabled=False)

    (one,) = downstream("ui.click")

    assert (one.is_enabled, one.note) == (False, "Paused; catches up first")


def test_downstream__unknown_stream_or_no_connector__nothing(clicks: Connector) -> None:
    configured({})

    assert downstream("nobody") == []
    Connector.objects.all().delete()
    assert downstream("ui.click") == []
