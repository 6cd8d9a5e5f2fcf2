"""Pages and admin of connectors: what is shown, to whom, and what POST alone may do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from connectors import catalog, letters, services, shared_pages, watcher
from connectors.models import Connector, Lease, Target
from eventplatform import encryption
from eventplatform.broker.base import Log
from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.core.records import TopicPartition
from eventplatform.panels import Edited
from tests.connectors.conftest import Produce

pytestmark = pytest.mark.slow


@pytest.fixture
def engineer(client: Client, transactional_db: None) -> Client:
    user = User.objects.create_user("engineer", is_staff=True)
    wanted = ["change_connector", "view_connector", "view_target", "add_target", "change_target", "add_connector"]
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    client.force_login(user)
    return client


def fail(**facts: Any) -> None:
    Lease.objects.update(failed_at=datetime.now(UTC), **facts)


def letter(offset: int, value: bytes = b'{"a": "<script>"}') -> DeadLetter:
    return DeadLetter(
        name="files",
        stream="test.event",
        topic="test.event",
        incarnation="i",
        partition=0,
        offset=offset,
        timestamp_ms=0,
        key=None,
        value=value,
        headers=(),
        code="sink.record_refused",
        pointer="/a",
        message="The store refused it.",
    )


def test_list__no_connector__says_so(client: Client, transactional_db: None) -> None:
    page = client.get("/connectors").content.decode()

    assert "No connector yet" in page


def test_list_and_detail__healthy__state_and_partitions(client: Client, connector: Connector) -> None:
    watcher.reconcile()

    assert "/connectors/files" in client.get("/connectors").content.decode()
    page = client.get("/connectors/files").content.decode()
    assert "test.<wbr>event" in page
    assert "Exactly once" in page
    assert "Sign in to operate" in page


def test_list_and_detail__nothing_fits_it__said_and_not_called_up_to_date(client: Client, connector: Connector) -> None:
    Lease.objects.all().delete()

    for path in ("/connectors", f"/connectors/{connector.name}"):
        page = client.get(path).content.decode()
        assert "Takes no stream" in page
        assert "Up to date" not in page


def test_detail__unknown__404(client: Client, transactional_db: None) -> None:
    assert client.get("/connectors/none").status_code == 404


@pytest.mark.parametrize(("state", "word"), [("stopped", "Stopped"), ("retrying", "Trying again")])
def test_detail__held_back__cause_and_remedy(client: Client, connector: Connector, state: str, word: str) -> None:
    watcher.reconcile()
    fail(state=state, error_code="sink.unavailable", last_error="The disk <b>is</b> full.")

    page = client.get("/connectors/files").content.decode()

    assert word in page
    assert "The disk &lt;b&gt;is&lt;/b&gt; full." in page
    assert [t.what for t in shared_pages.troubles() if "files" in t.what]


def test_detail__secret__masked(client: Client, transactional_db: None) -> None:
    values = {"url": "postgresql://w@db/x", "password": "hunter2"}
    services.save_target(name="db", kind="postgres", values=values)
    services.save_connector(name="c", target="db", streams=["*"], values={})

    page = client.get("/connectors/c").content.decode()

    assert "hunter2" not in page
    assert "••••" in page


def test_verbs__get__refused(engineer: Client, connector: Connector) -> None:
    assert engineer.get("/connectors/files/pause").status_code == 405


def test_verbs__stranger_and_viewer__refused(client: Client, connector: Connector) -> None:
    assert client.post("/connectors/files/pause").status_code == 302
    client.force_login(User.objects.create_user("viewer"))
    assert client.post("/connectors/files/pause").status_code == 403
    assert Connector.objects.get().is_enabled


def test_verbs__no_csrf_token__refused(connector: Connector) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))

    assert client.post("/connectors/files/pause").status_code == 403


def test_verbs__engineer__pauses_and_resumes(engineer: Client, connector: Connector) -> None:
    page = engineer.post("/connectors/files/pause", follow=True).content.decode()
    assert "Resume" in page
    assert not Connector.objects.get().is_enabled

    engineer.post("/connectors/files/resume")
    assert Connector.objects.get().is_enabled


def test_rejected__letters__shown_and_told(client: Client, connector: Connector) -> None:
    letters.dead_letters().put([letter(3), letter(4, b"\xff\x00")])

    page = client.get("/rejected?source=connector&name=files").content.decode()
    assert "The store refused it." in page
    assert "1 group" in page
    assert "<script>" not in page.split("<main")[1].split("</main>")[0]
    assert any("set aside" in trouble.what for trouble in shared_pages.troubles())
    assert letters.count(connector="files") == 2


def test_replay__of_a_letter__into_its_topic_for_this_connector_alone(connector: Connector, log: Log) -> None:
    letters.dead_letters().put([letter(3)])
    (put,) = letters.dead_letters().list()

    assert letters.send([Edited(put, {"a": "mended"})], "run-1") == [""]

    (record,) = log.reader().read(TopicPartition("test.event", 0), 0).records
    assert record.value == b'{"a":"mended"}'
    assert record.header("replayed") == b"run-1"
    assert record.header("replayed-for") == b"files"


def test_admin__target__secret_write_only(engineer: Client) -> None:
    typed = {"name": "db", "option_url": "postgresql://w@db/x", "option_password": "hunter2"}
    assert engineer.post("/admin/connectors/target/add/?kind=postgres", typed).status_code == 302
    target = Target.objects.get()
    assert target.options == {"url": "postgresql://w@db/x"}

    page = engineer.get(f"/admin/connectors/target/{target.pk}/change/").content.decode()
    assert "hunter2" not in page
    assert "kept; type to replace" in page
    engineer.post(f"/admin/connectors/target/{target.pk}/change/", {"option_url": "postgresql://w@db/y"})
    target.refresh_from_db()
    assert target.options == {"url": "postgresql://w@db/y"}
    assert encryption.unseal(target.secrets, owner="db") == {"password": "hunter2"}

    log = engineer.get(f"/admin/connectors/target/{target.pk}/history/").content.decode()
    assert "postgresql://w@db/y" in log
    assert "password: set anew" in log
    assert "hunter2" not in log


def test_admin__no_kind_yet__asked_first(engineer: Client) -> None:
    assert "PostgreSQL" in engineer.get("/admin/connectors/target/add/").content.decode()


def test_admin__bad_option__said_at_the_field(engineer: Client) -> None:
    page = engineer.post("/admin/connectors/target/add/?kind=postgres", {"name": "db"}).content.decode()

    assert "The option url is not set." in page


def test_admin__connector__saved_through_the_service(engineer: Client, transactional_db: None) -> None:
    services.save_target(name="a", kind="files", values={"root": "x"})
    typed = {"name": "c", "target": Target.objects.get().pk, "streams": "page.*", "is_enabled": "on"}
    rules = {"rule_takes": "asked", "rule_mode": "append", "rule_columns": "evolve", "rule_types": "evolve"}
    declared = catalog.describe("files").options
    options = {f"option_{one.name}": "on" if one.type is bool else one.default for one in declared if one.default}

    assert engineer.post("/admin/connectors/connector/add/?kind=files", {**typed, **rules, **options}).status_code == 302

    made = Connector.objects.get()
    assert (made.streams, made.rules, made.options) == (["page.*"], {"takes": "asked"}, {})


def test_reposition__engineer__chooses_on_the_page(engineer: Client, connector: Connector, produce: Produce) -> None:
    watcher.reconcile()
    produce("a")
    fail(state="stopped", error_code="connector.topic_recreated", last_error="Topic test.event was made anew.")
    assert "Skip to the newest" in engineer.get("/connectors/files").content.decode()

    facts = {"topic": "test.event", "partition": "0", "to": "end"}
    page = engineer.post("/connectors/files/reposition", facts, follow=True).content.decode()

    assert "goes on at offset 1" in page
    assert Lease.objects.get().next_offset == 1


@pytest.mark.parametrize("facts", [{}, {"partition": "x", "to": "end"}, {"partition": "0", "to": "moon"}])
def test_reposition__nonsense__nothing_moves(engineer: Client, connector: Connector, facts: dict[str, str]) -> None:
    assert engineer.post("/connectors/files/reposition", facts).status_code == 302


@pytest.mark.parametrize("what", ["connector", "target"])
def test_admin__somebody_who_may_only_look__sees_the_row(what: str, client: Client, connector: Connector) -> None:
    user = User.objects.create_user("looker", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename=f"view_{what}"))
    client.force_login(user)
    row = {"connector": connector.pk, "target": connector.target.pk}[what]

    assert client.get(f"/admin/connectors/{what}/{row}/change/").status_code == 200


def test_admin__password_in_the_url__said_at_the_field_and_not_saved(engineer: Client) -> None:
    typed = {"name": "db", "option_url": "postgresql://w:hunter2@db/x"}

    page = engineer.post("/admin/connectors/target/add/?kind=postgres", typed).content.decode()

    assert "hold password: it is kept in plain text" in page
    assert not Target.objects.exists()


def test_detail__url_saved_with_a_password_by_a_former_version__masked(client: Client, transactional_db: None) -> None:
    services.save_target(name="db", kind="postgres", values={"url": "postgresql://w@db/x"})
    services.save_connector(name="c", target="db", streams=["*"], values={})
    Target.objects.update(options={"url": "postgresql://w:hunter2@db/x"})

    assert "hunter2" not in client.get("/connectors/c").content.decode()


def hold_back(*facts: dict[str, Any]) -> None:
    """Give the connector a partition for each of the facts."""
    first = Lease.objects.get()
    for partition, fact in enumerate(facts):
        found: dict[str, Any] = {
            "connector": first.connector,
            "topic": "test.event",
            "stream": "test.event",
            "partition": partition,
        }
        Lease.objects.update_or_create(**found, defaults={"failed_at": datetime.now(UTC), **fact})


def test_troubles_and_detail__partitions_with_different_causes__each_cause_once(client: Client, connector: Connector) -> None:
    watcher.reconcile()
    full = {"state": "retrying", "error_code": "sink.unavailable", "last_error": "The disk is full."}
    gone = {"state": "stopped", "error_code": "log.offset_out_of_range", "last_error": "Offset 3 is outside the log."}
    hold_back(full, gone, full, {"state": "stopped", "error_code": "sink.folder_taken", "last_error": "It is taken."})

    troubles = [(trouble.what, trouble.why) for trouble in shared_pages.troubles()]
    page = client.get("/connectors/files").content.decode()

    assert troubles == [
        ("Connector files stopped", "Offset 3 is outside the log."),
        ("Connector files stopped", "It is taken."),
        ("Connector files can't write", "The disk is full. The same on 1 more partition."),
    ]
    for text in ("Offset 3 is outside the log.", "It is taken.", "The disk is full."):
        assert f"<b>{text}</b>" in page


def test_detail__events_gone_from_the_log__not_called_safe(client: Client, connector: Connector) -> None:
    watcher.reconcile()
    fail(state="stopped", error_code="log.offset_out_of_range", last_error="Offset 3 is outside the log.")

    page = client.get("/connectors/files").content.decode()

    assert "Nothing is lost" not in page
    assert "events that the log no longer holds can't be brought any more" in page


def test_troubles__log_forgets_soon__said_with_the_moment(connector: Connector) -> None:
    watcher.reconcile()
    Lease.objects.update(loses_at="2026-11-26T04:05Z")

    (trouble,) = shared_pages.troubles()

    assert trouble.what == "Connector files is about to lose events"
    assert "26 Nov 04:05 UTC" in trouble.why


def test_of_stream__taken__state_and_place(connector: Connector) -> None:
    services.save_target(name="db", kind="postgres", values={"url": "postgresql://w@db/x"})
    services.save_connector(name="rows", target="db", streams=["test.*"], values={})

    found = shared_pages.of_stream("test.event")

    assert found is not None
    assert [(view.name, place) for view, place in found["arrivals"]] == [("files", ""), ("rows", "events.test_event")]
    assert shared_pages.of_stream("other") is None
