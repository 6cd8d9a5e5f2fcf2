"""What streams say shall be kept so long goes then, also where nothing more is stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors import opening, retention
from connectors.models import Connector, Target
from tests import configuring

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
NOW = datetime(2026, 11, 25, tzinfo=UTC)


class Store:
    """Tells what it is asked to delete."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def expire(self, stream: str, *, before: datetime) -> int:
        self.asked.append((stream, (NOW - before).days))
        return 4


@pytest.mark.parametrize("consumers", [{"retention_days": 7}, {"retention_days": 7, "enabled": False}], ids=["on", "off"])
def test_retention__stream_that_fits__goes_after_its_days_whether_more_is_stored_or_not(
    consumers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Target.objects.create(name="warehouse", kind="files")
    Connector.objects.create(name="clicks", target=target, streams=["ui.*"])
    streams = {name: {"schema_title": name, "consumers": {"warehouse": consumers}} for name in ("ui.click", "page.change")}
    configuring.configure({"streams": streams | {"ui.load": {"schema_title": "ui.load"}}})
    store = Store()

    @contextmanager
    def opened(_: Connector) -> Iterator[Store]:
        yield store

    monkeypatch.setattr(opening, "make_store", opened)

    assert retention.apply(NOW) == {"clicks ui.click": 4}
    assert store.asked == [("ui.click", 7)]
