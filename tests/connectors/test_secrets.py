"""A secret planted in every way that there is, and looked for in every place where it must not be."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from kombu.exceptions import OperationalError

from connectors import checking, options, services, slices, watcher
from connectors.models import Connector, Lease, Target
from connectors.sinks.base import StoreUnavailableError
from connectors.sinks.postgres import PostgresSink
from eventplatform import encryption
from eventplatform.broker.base import Log
from eventplatform.core.records import TopicPartition
from eventplatform.logs import JsonFormatter
from tests.connectors.conftest import Produce
from tests.connectors.test_forms import typed

pytestmark = pytest.mark.slow

SECRET = "s3cr3t-canary-7f3a"  # planted
URL = "postgresql://writer@127.0.0.1:1/nowhere"
VALUES = {"url": URL, "password": SECRET}
PAGES = (
    "/connectors",
    "/connectors/kinds",
    "/connectors/new?kind=postgres",
    "/connectors/c",
    "/connectors/c/edit",
    "/connectors/c/offsets",
    "/connectors/c/backfill",
    "/connectors/c/delete",
    "/connectors/stores/s",
    "/overview",
    "/rejected",
    "/metrics",
    "/api/v1/connectors",
    "/api/v1/connectors/c",
    "/api/v1/connectors/c/status",
    "/api/v1/connectors/c/offsets",
    "/api/v1/connectors/c/kafka-connect",
    "/api/v1/targets",
    "/api/v1/targets/s",
    "/api/v1/connector-kinds/postgres",
    "/admin/connectors/target/",
    "/admin/connectors/target/{target}/change/",
    "/admin/connectors/target/{target}/history/",
    "/admin/connectors/connector/",
    "/admin/connectors/connector/{connector}/change/",
    "/admin/connectors/lease/",
    "/admin/admin/logentry/",
)

Plant = Callable[[Client], None]


def by_the_form(client: Client) -> None:
    client.post("/connectors/new", typed("postgres", **{"target-url": URL, "target-password": SECRET, "do": "save"}))


def by_the_stores_page(client: Client) -> None:
    services.save_target(name="s", kind="postgres", values={"url": URL})
    client.post("/connectors/stores/s", {"target-url": URL, "target-password": SECRET, "do": "save"})
    services.save_connector(name="c", target="s", streams=["*"], values={})


def by_the_admin(client: Client) -> None:
    facts = {"name": "s", "option_url": URL, "option_password": SECRET}
    client.post("/admin/connectors/target/add/?kind=postgres", facts)
    services.save_connector(name="c", target="s", streams=["*"], values={})


def by_the_api(client: Client) -> None:
    body = {"name": "s", "kind": "postgres", "options": VALUES}
    answer = client.post("/api/v1/targets", body, content_type="application/json")
    assert SECRET not in answer.content.decode()
    client.post("/api/v1/connectors", {"name": "c", "target": "s", "streams": ["*"]}, content_type="application/json")


def by_a_document(client: Client) -> None:
    target = {"kind": "postgres", "options": VALUES}
    services.import_document(document={"targets": {"s": target}, "connectors": {"c": {"target": "s", "streams": ["*"]}}})


@pytest.fixture
def administrator(transactional_db: None, log: Log) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What the platform logs meanwhile, as it would be written."""
    found: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(JsonFormatter().format(record))

    root, kept = logging.getLogger(), Kept(logging.DEBUG)
    root.addHandler(kept)
    yield found
    root.removeHandler(kept)


@pytest.fixture
def published() -> Iterator[list[str]]:
    """Celery's messages meanwhile: headers and bodies."""
    found: list[str] = []

    def keep(headers: Any = None, body: Any = None, **_: Any) -> None:
        found.append(f"{headers} {body}")

    before_task_publish.connect(keep)
    yield found
    before_task_publish.disconnect(keep)


def dumped() -> str:
    """Every row of every table, as a dump would hold it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname !~ '^(pg_|information)'")
        tables = [name for (name,) in cursor.fetchall()]
        rows = []
        for name in tables:
            cursor.execute(f"SELECT t::text FROM {name} t")  # noqa: S608  # names from the catalog, quoted there
            rows += [text for (text,) in cursor.fetchall()]
    return "\n".join(rows)


def exercise(client: Client) -> None:
    """Have everything done with it: tried, changed, run, failed, and asked for."""
    client.post("/connectors/c/edit", typed("postgres", target="s", new_target="", name="c", do="test"))
    client.post("/connectors/stores/s", {"target-url": URL, "do": "test"})
    client.post("/api/v1/targets/s/test", {}, content_type="application/json")
    client.post("/connectors/stores/s", {"target-url": "no url", "target-password": SECRET, "do": "save"})
    watcher.reconcile()
    with suppress(OperationalError):  # there is no broker here; the message is made all the same
        watcher.Watcher().tick()
    slices.run(Connector.objects.get().pk, TopicPartition("test.event", 0))


@pytest.mark.parametrize("plant", [by_the_form, by_the_stores_page, by_the_admin, by_the_api, by_a_document])
def test_secret__planted__found_nowhere(
    plant: Plant, administrator: Client, produce: Produce, lines: list[str], published: list[str]
) -> None:
    produce("a")
    plant(administrator)
    row = Target.objects.get()
    assert encryption.unseal(row.secrets, owner="s")["password"] == SECRET

    exercise(administrator)

    facts = {"target": row.pk, "connector": Connector.objects.get().pk}
    shown = {page: administrator.get(page.format(**facts)) for page in PAGES}
    assert {page: answer.status_code for page, answer in shown.items() if answer.status_code >= 500} == {}
    assert [page for page, answer in shown.items() if SECRET in answer.content.decode()] == []
    assert Lease.objects.get().last_error
    assert SECRET not in dumped()
    assert [line for line in lines if SECRET in line] == []
    assert [one for one in published if SECRET in one] == []
    assert any("saved" in line for line in lines)
    assert published


class FakeStore:
    """A store whose driver quotes what it was given, or never answers."""

    def __init__(self, said: str = "", answers: threading.Event | None = None) -> None:
        self.said, self.answers = said, answers

    def check(self) -> None:
        if self.answers is not None:
            self.answers.wait(10)
        raise StoreUnavailableError(reason=self.said)


def checked(store: FakeStore, monkeypatch: pytest.MonkeyPatch) -> checking.Check:
    monkeypatch.setattr("connectors.opening.store_of", lambda *_, **__: store)
    return checking.check("postgres", name="c", target=VALUES, values={})


def test_check__driver_quotes_the_secret__masked(monkeypatch: pytest.MonkeyPatch) -> None:
    told = checked(FakeStore(f"can't enter with {SECRET}"), monkeypatch)

    assert (told.is_ok, told.code) == (False, "sink.unavailable")
    assert SECRET not in told.text
    assert "can't enter with" in told.text


@pytest.mark.parametrize("secret", [SECRET, 's3cr3t-"canary\\x'])
def test_slice__driver_quotes_the_secret__masked_in_lease_breaker_and_log(
    secret: str, administrator: Client, produce: Produce, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    produce("a")
    services.save_target(name="s", kind="postgres", values={"url": URL, "password": secret})
    services.save_connector(name="c", target="s", streams=["*"], values={})
    watcher.reconcile()
    pk = Connector.objects.get().pk
    for error in (StoreUnavailableError(reason=f"can't enter with {secret}"), ValueError(f"what is {secret!r}")):

        def opens(sink: PostgresSink, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(PostgresSink, "open", opens)
        slices.run(pk, TopicPartition("test.event", 0))

        assert any(word in Lease.objects.get().last_error for word in ("can't enter with", "ValueError"))
        Lease.objects.update(not_before=None)

    assert "can't enter with" in Target.objects.get().open_reason
    kept = dumped() + "".join(lines)
    assert [one for one in (secret, secret[8:], json.dumps(secret)[1:-1]) if one in kept] == []
    assert any("what is" in line for line in lines)


def test_check__driver_hangs__told_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()
    monkeypatch.setattr(checking, "_SECONDS", 0.05)

    told = checked(FakeStore(answers=answers), monkeypatch)

    answers.set()
    assert told.code == "connector.check_slow"


def test_page__one_secret_of_several_is_set__the_others_say_none(administrator: Client) -> None:
    services.save_target(name="s", kind="http", values={"url": "http://93.184.216.34/in", "token": SECRET})
    services.save_connector(name="c", target="s", streams=["*"], values={}, is_enabled=False)

    page = administrator.get("/connectors/c").content.decode()

    assert page.count(options.MASK) == 1
