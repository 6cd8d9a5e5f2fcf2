"""The form of a connector: made from declarations, tried before it is saved, secrets only written."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import Group, User
from django.test import Client

from connectors import acts, catalog, following, repositioning, services, watcher
from connectors.models import Backfill, Connector, Lease, Target
from eventplatform.broker.base import Log
from eventplatform.core.errors import RetriableError
from monitoring.demo_users import ensure_groups
from tests.connectors.conftest import Produce

pytestmark = pytest.mark.slow


@pytest.fixture
def engineer(client: Client, transactional_db: None) -> Client:
    ensure_groups()
    user = User.objects.create_user("engineer")
    user.groups.add(Group.objects.get(name="engineer"))
    client.force_login(user)
    return client


def typed(kind: str = "files", **facts: Any) -> dict[str, Any]:
    """A filled form of a new connector into a new store."""
    basics = {"kind": kind, "name": "c", "target": "", "new_target": "s", "streams": "*", "begins": "running"}
    rules = {"rules-takes": "fitting", "rules-mode": "append", "rules-columns": "evolve", "rules-types": "evolve"}
    return {**basics, **rules, **defaults(kind), **facts}


def defaults(kind: str) -> dict[str, Any]:
    """What a browser posts of the options that nobody touched: switches that are on."""
    declared = catalog.describe(kind).options
    return {f"options-{one.name}": "on" if one.type is bool else one.default for one in declared if one.default}


def test_kinds__anybody__every_kind_with_guarantee_and_options(client: Client, transactional_db: None) -> None:
    page = client.get("/connectors/kinds").content.decode()

    assert "PostgreSQL" in page
    assert "flush_" in page
    assert "Exactly once" in page
    assert "/connectors/new?kind" not in page


def test_new__viewer__403(client: Client, transactional_db: None) -> None:
    assert client.get("/connectors/new?kind=files").status_code == 302
    client.force_login(User.objects.create_user("viewer"))
    assert client.get("/connectors/new?kind=files").status_code == 403


def test_new__unknown_kind__404(engineer: Client) -> None:
    assert engineer.get("/connectors/new?kind=cards").status_code == 404
    assert engineer.get("/connectors/new").status_code == 302


def test_new__filled__connector_and_store_saved_and_told_who(engineer: Client, log: Log, tmp_path: Path) -> None:
    facts = {"target-root": str(tmp_path), "streams": "test.event\npage.*", "begins": "paused", "do": "save"}
    privacy: dict[str, Any] = {"rules-privacy-name": ["ip", "*"], "rules-privacy-value": ["drop", ""], "rules-key": "/a\n/b"}

    page = engineer.post("/connectors/new", typed(**facts, **privacy), follow=True).content.decode()

    made = Connector.objects.get()
    assert (made.streams, made.target.name, made.is_enabled) == (["test.event", "page.*"], "s", False)
    assert made.rules == {"privacy": {"ip": "drop"}, "key": ["/a", "/b"]}
    assert made.options == {}
    assert "c is saved and is paused." in page
    assert "engineer" in page.split('id="acts"')[1]


def test_new__incomplete__said_at_the_fields_and_nothing_saved(engineer: Client, log: Log) -> None:
    answer = engineer.post("/connectors/new", typed(name="", do="save"))

    page = answer.content.decode()
    assert answer.status_code == 400
    assert "The option root is not set." in page
    assert not Target.objects.exists()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"name": "kinds"}, "A page has this name"),
        ({"new_target": ""}, "Name the new store"),
        ({"rules-takes": "moon"}, "Select a valid choice"),
        ({"rules-ttl_seconds": "-1"}, "The option ttl_seconds can"),
        ({"streams": ""}, "This field is required"),
    ],
)
def test_new__nonsense__said(engineer: Client, log: Log, tmp_path: Path, facts: dict[str, str], said: str) -> None:
    answer = engineer.post("/connectors/new", typed(**{"target-root": str(tmp_path), "do": "save", **facts}))

    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not Connector.objects.exists()


def test_streams__patterns_typed__told_which_it_takes(engineer: Client, log: Log) -> None:
    page = engineer.post("/connectors/new", typed(streams="test.*", do="streams")).content.decode()
    assert "Takes 1 stream" in page

    page = engineer.post("/connectors/new", typed(streams="x.*", do="streams")).content.decode()
    assert "Takes no stream" in page


def test_test__folder_that_is_there__works(engineer: Client, log: Log, tmp_path: Path) -> None:
    page = engineer.post("/connectors/new", typed(**{"target-root": str(tmp_path), "do": "test"})).content.decode()

    assert "The store answers" in page
    assert not Connector.objects.exists()


def test_test__nobody_answers__reason_and_remedy_without_the_password(engineer: Client, log: Log) -> None:
    secret = {"target-url": "postgresql://w@127.0.0.1:1/x", "target-password": "hunter2"}

    page = engineer.post("/connectors/new", typed("postgres", **secret, do="test")).content.decode()

    assert "The store does not answer as it should" in page
    assert "hunter2" not in page


@pytest.mark.parametrize("do", ["test", "dry"])
def test_try__store_that_is_gone__said(engineer: Client, log: Log, do: str) -> None:
    answer = engineer.post("/connectors/new", typed(target="gone", do=do, dry_stream="test.event"))

    assert answer.status_code == 200
    assert "complete" in answer.content.decode()


def test_edit__as_it_is__nothing_changes(engineer: Client, connector: Connector) -> None:
    page = engineer.get("/connectors/files/edit").content.decode()
    assert 'value="files"' in page

    facts = {"target": "archive", "new_target": "", "options-flush_age_seconds": "0.01", "do": "save"}
    assert engineer.post("/connectors/files/edit", typed(**facts)).status_code == 302

    again = Connector.objects.get()
    assert (again.streams, again.options, again.rules, again.name) == (["*"], {"flush_age_seconds": 0.01}, {}, "files")


def test_store__saved_without_a_password__keeps_it_and_shows_it_nowhere(engineer: Client) -> None:
    services.save_target(name="db", kind="postgres", values={"url": "postgresql://w@db/x", "password": "hunter2"})
    sealed = Target.objects.get().secrets

    page = engineer.get("/connectors/stores/db").content.decode()
    answer = engineer.post("/connectors/stores/db", {"target-url": "postgresql://w@db/y", "target-password": "", "do": "save"})

    assert "hunter2" not in page
    assert "kept; type to replace" in page
    assert answer.status_code == 302
    assert Target.objects.get().options == {"url": "postgresql://w@db/y"}
    assert Target.objects.get().secrets.split(".")[0]
    assert sealed


def test_store__key_is_gone__shown_and_said_when_it_is_saved(engineer: Client, settings: Any) -> None:
    services.save_target(name="db", kind="postgres", values={"url": "postgresql://w@db/x", "password": "hunter2"})
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    page = engineer.get("/connectors/stores/db").content.decode()
    answer = engineer.post("/connectors/stores/db", {"target-url": "postgresql://w@db/y", "do": "save"})

    assert "kept; type to replace" not in page
    assert answer.status_code == 400
    assert "ENCRYPTION_KEYS" in answer.content.decode()
    assert Target.objects.get().options == {"url": "postgresql://w@db/x"}


def test_delete__name_typed__gone_and_told(engineer: Client, connector: Connector) -> None:
    assert "goes on from there" in engineer.get("/connectors/files/delete").content.decode()
    assert engineer.post("/connectors/files/delete", {"name": "file"}).status_code == 400

    page = engineer.post("/connectors/files/delete", {"name": "files"}, follow=True).content.decode()

    assert "files is deleted" in page
    assert not Connector.objects.exists()


@pytest.mark.parametrize("way", ["page", "selected"])
def test_delete__in_the_admin__by_the_service(
    client: Client, transactional_db: None, connector: Connector, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    client.force_login(User.objects.create_superuser("root"))
    let_go: list[str] = []
    monkeypatch.setattr(following, "let_go", lambda row: let_go.append(row.name))

    if way == "page":
        client.post(f"/admin/connectors/connector/{connector.pk}/delete/", {"post": "yes"})
    else:
        selected = {"action": "delete_selected", "_selected_action": str(connector.pk), "post": "yes"}
        client.post("/admin/connectors/connector/", selected)

    assert let_go == ["files"]
    assert not Connector.objects.exists()


def test_verbs__stop_offsets_resume__moved_where_it_was_said(engineer: Client, connector: Connector, produce: Produce) -> None:
    watcher.reconcile()
    produce("a", "b")
    assert "while the connector is stopped" in engineer.get("/connectors/files/offsets").content.decode()
    engineer.post("/connectors/files/stop")
    typed = {"where": "test.event/0", "to": "offset", "offset": "1", "name": "files"}

    assert "That is not its name" in engineer.post("/connectors/files/offsets", {**typed, "name": "x"}).content.decode()
    page = engineer.post("/connectors/files/offsets", typed, follow=True).content.decode()

    assert "1 partition moved" in page
    assert Lease.objects.get().next_offset == 1
    assert "test.event/0 to 1" in page


def test_offsets__second_partition_fails__the_first_ones_move_is_told(
    engineer: Client, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    for partition in range(2):
        Lease.objects.create(connector=connector, stream="test.event", topic="test.event", partition=partition)
    engineer.post("/connectors/files/stop")
    answers = iter([SimpleNamespace(next_offset=7)])
    monkeypatch.setattr(repositioning, "reposition", lambda **_: next(answers, None) or refuse())

    answer = engineer.post("/connectors/files/offsets", {"where": "", "to": "first", "name": "files"}).content.decode()

    assert "Something went wrong." in answer
    assert "moved test.event/0 to 7" in acts.of(connector)[0].text


def refuse() -> NoReturn:
    raise RetriableError


def test_backfill__store_that_cant__no_button_and_said(engineer: Client, connector: Connector, produce: Produce) -> None:
    watcher.reconcile()

    assert "Back-fill" not in engineer.get("/connectors/files").content.decode()
    page = engineer.post("/connectors/files/backfill", {"stream": "test.event"}).content.decode()
    assert "a second position in the same place" in page


def test_backfill__started_and_cancelled__with_its_progress(
    engineer: Client, connector: Connector, produce: Produce, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.stores.lake_sink.LakeSink.can_backfill", True)
    empty = engineer.post("/connectors/files/backfill", {"stream": "test.event"}).content.decode()
    produce("a", "b")

    page = engineer.post("/connectors/files/backfill", {"stream": "test.event"}, follow=True).content.decode()
    number = Backfill.objects.get().pk
    after = engineer.post("/connectors/files/backfill/move", {"number": number, "verb": "cancel"}, follow=True).content.decode()

    assert "no records of test.event between these bounds" in empty
    assert "0 of 2 records" in page
    assert "Cancelled" in after
    assert f"back-fill {number}: cancel" in after


def test_restart__failed_partition__tries_again(engineer: Client, connector: Connector) -> None:
    watcher.reconcile()
    Lease.objects.update(state="retrying", error_code="sink.unavailable", last_error="Away.", failed_at="2026-01-01T00:00Z")
    assert "Restart failed" in engineer.get("/connectors/files").content.decode()

    page = engineer.post("/connectors/files/restart", follow=True).content.decode()

    assert "1 partition of files try again now" in page
    assert Lease.objects.get().state == "idle"
