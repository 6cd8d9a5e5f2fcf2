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


def test_ttl__stores_that_do_not_forget_by_themselves__are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("postgres", "files"):
        target = Target.objects.create(name=kind, kind=kind)
        Connector.objects.create(name=f"to-{kind}", target=target, streams=["*"], rules={"ttl_seconds": 5 * 86_400})
    streams = {"ui.click": {"schema_title": "ui.click", "consumers": {"postgres": {"ttl_seconds": 86_400}}}}
    configuring.configure({"streams": streams | {"ui.load": {"schema_title": "ui.load"}}})
    store = Store()

    @contextmanager
    def opened(_: Connector) -> Iterator[Store]:
        yield store

    monkeypatch.setattr(opening, "make_store", opened)

    assert set(retention.apply_ttl(NOW)) == {"to-postgres ui.click", "to-postgres ui.load"}
    assert sorted(store.asked) == [("ui.click", 1), ("ui.load", 5)]


def test_ttl__a_driver_is_missing__keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("gone", "postgres"):
        target = Target.objects.create(name=kind, kind=kind)
        Connector.objects.create(name=f"to-{kind}", target=target, streams=["*"], rules={"ttl_seconds": 86_400})
    configuring.configure({"streams": {"ui.load": {"schema_title": "ui.load"}}})

    @contextmanager
    def opened(_: Connector) -> Iterator[Store]:
        yield Store()

    monkeypatch.setattr(opening, "make_store", opened)

    assert set(retention.apply_ttl(NOW)) == {"to-postgres ui.load"}
