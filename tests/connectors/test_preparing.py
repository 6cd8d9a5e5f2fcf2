"""Stores are ready for every version of a schema before its data: asked for once, in a task, under the breaker."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from connectors import breaker, lookups, preparing, services, shared_pages
from connectors.models import Connector, Preparation, Target
from connectors.sinks.base import StoreUnavailableError
from connectors.sinks.postgres import PostgresSink
from connectors.tasks import prepare_store
from connectors.watcher import Watcher
from eventplatform.eventlog import event_log
from registry import lookups as schemas
from registry import services as registry
from streamconfig import lookups as configuration
from tests import configuring
from tests.contracts.stores.postgres import PostgresStore

pytestmark = pytest.mark.slow

PRIMARY = django_settings.BASE_DIR / "examples/schemas/primary"
TITLE = "sample/test_event"
COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = 'test_event'"


@pytest.fixture
def connector(transactional_db: None, settings: Any, tmp_path: Path, postgres_url: str) -> Connector:
    """Of a stream whose schema is published in its first version."""
    settings.EVENT_LOG_URL = "memory://preparing"
    schemas.forget()
    configuration.forget()
    shutil.copytree(PRIMARY, tmp_path / "schemas")
    registry.import_folder(name="primary", folder=tmp_path / "schemas")
    stream = {"schema_title": TITLE, "destination_event_service": "main"}
    configuring.configure({"streams": {"test.event": stream}}, author="test", reason="test")
    event_log().create_topic("test.event")
    services.save_target(name="db", kind="postgres", values={"url": postgres_url})
    return services.save_connector(name="rows", target="db", streams=["test.event"], values={})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    found: list[int] = []
    monkeypatch.setattr(prepare_store, "apply_async", lambda arguments, **_: found.append(arguments[0]))
    return found


def publish_version(folder: Path) -> None:
    text = (PRIMARY / f"jsonschema/{TITLE}/1.0.0.yaml").read_text()
    new = text.replace("1.0.0", "1.9.0").replace("properties:\n", "properties:\n  brand_new:\n    type: integer\n", 1)
    (folder / f"schemas/jsonschema/{TITLE}/1.9.0.yaml").write_text(new)
    registry.import_folder(name="primary", folder=folder / "schemas")
    configuration.forget()


def test_prepare__new_version_of_the_schema__table_has_it_before_the_data(
    connector: Connector, asked: list[int], tmp_path: Path, postgres_url: str
) -> None:
    one, store = Watcher(), PostgresStore(postgres_url)
    one.tick()
    assert asked == [connector.pk]
    assert preparing.prepare(connector.pk) > 0
    one.tick()
    assert asked == [connector.pk]
    assert ("brand_new",) not in store.query(COLUMNS)

    publish_version(tmp_path)
    one.tick()
    preparing.prepare(connector.pk)

    assert asked == [connector.pk] * 2
    assert ("brand_new",) in store.query(COLUMNS)


def test_prepare__store_away__told_counted_and_tried_again(
    connector: Connector, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: PostgresSink) -> None:
        raise StoreUnavailableError(reason="connection refused")

    Watcher().tick()
    with monkeypatch.context() as patch:
        patch.setattr(PostgresSink, "open", away)
        assert preparing.prepare(connector.pk) == 0
    row = Preparation.objects.get()
    assert "connection refused" in row.last_error
    assert Target.objects.get().failures == 1
    assert preparing.due() == []  # later
    assert "Connector rows is not ready for all its schemas" in [one.what for one in shared_pages.troubles()]

    Preparation.objects.update(not_before=None)
    assert preparing.due() == [connector.pk]
    preparing.prepare(connector.pk)
    row.refresh_from_db()
    assert (row.last_error, row.done) == ("", row.wanted)


def test_prepare__one_stream_refused__tables_of_the_others_are_made_and_it_is_told(
    connector: Connector, asked: list[int], postgres_url: str
) -> None:
    stream = {"schema_title": TITLE, "destination_event_service": "main"}
    keyed = stream | {"consumers": {"rows": {"mode": "upsert"}}}  # and no key
    configuring.configure({"streams": {"a.keyed": keyed, "test.event": stream}}, author="test", reason="test")
    configuration.forget()
    services.save_connector(name="rows", target="db", streams=["*"], values={})
    Watcher().tick()

    assert preparing.prepare(connector.pk) > 0

    row = Preparation.objects.get()
    assert ("test",) in PostgresStore(postgres_url).query(COLUMNS)
    assert "a.keyed" in row.last_error
    assert row.done != row.wanted


def test_due__breaker_open__not_asked_for(connector: Connector, asked: list[int]) -> None:
    one = Watcher()
    one._reconciler.reconcile()
    one._wishes.note(one._reconciler.taken)
    for _ in range(breaker.THRESHOLD):
        breaker.failed(connector.target_id, StoreUnavailableError(reason="away"))

    assert preparing.due() == []
    assert lookups.overview()[0].name == "rows"
