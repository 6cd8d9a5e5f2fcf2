"""The explore page over a real Postgres: what is counted, offered, bounded and exported."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import orjson
import psycopg
import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from connectors import services
from connectors.explore import sources, turns
from connectors.explore.queries import PostgresDialect
from connectors.models import Connector, Lease, Target
from connectors.opening import make_sink
from connectors.sinks.base import Position, Row, StoreUnavailableError, WriteBatch
from connectors.steering import NO_STEERING
from eventplatform.broker.base import Log
from eventplatform.core.records import Record, TopicPartition
from tests.connectors.conftest import FakeSnapshot

pytestmark = pytest.mark.slow

STREAM, SCHEMA = "test.event", "/sample/test_event/1.0.0"
DOCUMENT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "wiki": {"type": "string"},
        "count": {"type": "integer"},
        "mail": {"type": "string", "x-pii": "id"},
    },
}
FORMULA = '=HYPERLINK("http://x")'


@pytest.fixture
def stored(transactional_db: None, log: Log, snapshot: FakeSnapshot, postgres_url: str) -> None:
    """Twenty wikis, the first with most events, in the last hours."""
    schemas = SimpleNamespace(ids=lambda _: (SCHEMA,), revision=1, versions=lambda _: ("1.0.0",), has_title=lambda _: True)
    snapshot.schemas = schemas  # type: ignore[attr-defined]  # as the real one has
    snapshot.find_schema = lambda _: SimpleNamespace(document=DOCUMENT)  # type: ignore[method-assign,assignment]  # likewise
    services.import_document(
        document={
            "targets": {"db": {"kind": "postgres", "options": {"url": postgres_url}}},
            "connectors": {"to-postgres": {"target": "db", "streams": ["*"]}},
        }
    )
    now = datetime.now(UTC)
    events = [
        (now - timedelta(hours=1 + index % 3), {"$schema": SCHEMA, "wiki": name, "count": index, "mail": f"m{index}@x"})
        for index, name in enumerate(wikis())
    ]
    where = TopicPartition(STREAM, 0)
    rows = [
        Row(Record(*where, offset, int(at.timestamp() * 1000), None, orjson.dumps(event)), event)
        for offset, (at, event) in enumerate(events)
    ]
    with make_sink(Connector.objects.get()) as sink:
        sink.prepare(STREAM, SCHEMA, DOCUMENT, NO_STEERING)
        sink.write(WriteBatch(STREAM, where, None, Position(len(rows), "i", "c"), rows))


def wikis() -> list[str | None]:
    names: list[str | None] = [f"w{number:02}" for number in range(20) for _ in range(20 - number)]
    return [*names, None, FORMULA]


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/streams/{STREAM}/explore?{query}")
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def table(client: Client, query: str) -> list[list[str]]:
    answer = client.get(f"/streams/{STREAM}/explore.csv?{query}")
    return list(csv.reader(io.StringIO(answer.content.decode())))


def sums(client: Client, query: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for _, part, value in table(client, query)[1:]:
        found[part] = found.get(part, 0) + float(value or 0)
    return found


def test_explore__nothing_asked__events_over_time_as_a_picture(client: Client, stored: None) -> None:
    shown = page(client)

    assert 'aria-label="events over time, 25 intervals"' in shown
    assert 'class="bar"' in shown
    assert sums(client, "") == {"events": 212.0}


def test_explore__split__top_ten_and_all_others(client: Client, stored: None) -> None:
    found = sums(client, "split=wiki")

    assert list(found) == [f"w{number:02}" for number in range(10)] + ["all others"]
    assert found["w00"] == 20
    assert sum(found.values()) == 212
    assert "all others" in page(client, "split=wiki")


def test_explore__measures__as_the_database_would_say(client: Client, stored: None) -> None:
    wanted = {"sum": "190", "avg": "9.5", "min": "0", "max": "19", "p95": "18.05"}

    for function, value in wanted.items():
        shown = page(client, f"measure={function}&of=count&c=wiki&o=is&v=w00")
        assert f"{function} of count" in shown
        assert value in shown


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("c=wiki&o=is&v=w01", 19),
        ("c=wiki&o=is_not&v=w01", 193),
        ("c=wiki&o=contains&v=W1", 55),
        ("c=count&o=between&v=0..9", 10),
        ("c=count&o=between&v=200..", 12),
        ("c=wiki&o=is&v=w00&c=count&o=is&v=3", 1),
        ("range=1h", 0),
    ],
)
def test_explore__filters__narrow_what_is_counted(client: Client, stored: None, query: str, count: int) -> None:
    assert sums(client, query) == {"events": count}


def test_explore__field_of_people__offered_to_whom_may_see_it(client: Client, stored: None) -> None:
    assert "mail" not in page(client)
    assert client.get(f"/streams/{STREAM}/explore?split=mail").status_code == 400

    user = User.objects.create_user("ann")
    user.user_permissions.set(Permission.objects.filter(codename="see_personal_data"))
    client.force_login(user)
    assert "split by mail" in page(client)


def test_explore__hostile_names_and_values__harmless(client: Client, stored: None, postgres_url: str) -> None:
    for query in (
        "split=wiki%22;DROP",
        "measure=count(*)",
        "c=wiki&o=is&v=%27%3BDROP+TABLE+events.test_event--",
        "c=wiki&o=contains&v=%25s",
    ):
        assert client.get(f"/streams/{STREAM}/explore?{query}").status_code in {200, 400}

    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM events.test_event").fetchone() == (212,)


def test_source__connection__can_not_write(stored: None) -> None:
    from connectors.explore.choosing import opened
    from tests.connectors.conftest import stream

    with opened(Connector.objects.get(), stream(STREAM)) as source:
        assert isinstance(source, sources.PostgresSource)
        with pytest.raises(StoreUnavailableError, match="read-only"):
            source._run("DELETE FROM events.test_event RETURNING 1", ())


def test_explore__query_too_slow__ended_and_said(client: Client, stored: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "QUERY_SECONDS", 0.3)
    monkeypatch.setattr(PostgresDialect, "time", "(SELECT now() - '2 hours'::interval FROM pg_sleep(5))")

    answer = client.get(f"/streams/{STREAM}/explore")

    assert answer.status_code == 503
    assert "explore.too_slow" in answer.content.decode()


def test_explore__second_question_of_the_same_person__waits_its_turn(client: Client, stored: None, postgres_url: str) -> None:
    with psycopg.connect(own_database()) as other:
        other.execute("SELECT pg_advisory_lock(%s, hashtext('address 127.0.0.1'))", (turns._LOCK_SPACE,))
        assert client.get(f"/streams/{STREAM}/explore").status_code == 429

    assert client.get(f"/streams/{STREAM}/explore").status_code == 200


def own_database() -> str:
    from connectors import own_database as place

    return place.conninfo()


def test_csv__formula__guarded(client: Client, stored: None) -> None:
    found = {part for _, part, _ in table(client, "split=wiki&c=wiki&o=contains&v=HYPERLINK")[1:]}

    assert found == {f"'{FORMULA}"}


def test_superset__archive__downloads_without_people(client: Client, stored: None) -> None:
    answer = client.get(f"/streams/{STREAM}/explore/superset.zip")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        text = "".join(packed.read(name).decode() for name in packed.namelist())
    assert "column_name: wiki" in text
    assert "mail" not in text


def test_explore__store_away__said_and_the_downloads_lead_there(client: Client, stored: None) -> None:
    Target.objects.update(options={"url": "postgresql://127.0.0.1:1/none"})

    assert "sink.unavailable" in client.get(f"/streams/{STREAM}/explore").content.decode()
    for download in ("explore.csv", "explore/superset.zip"):
        assert client.get(f"/streams/{STREAM}/{download}").headers["Location"].startswith(f"/streams/{STREAM}/explore")


def test_explore__another_store_that_is_away_comes_first_by_name__the_good_one_is_drawn(client: Client, stored: None) -> None:
    away = {"kind": "postgres", "options": {"url": "postgresql://127.0.0.1:1/none"}}
    services.import_document(
        document={"targets": {"away": away}, "connectors": {"a-new-one": {"target": "away", "streams": ["*"]}}}
    )
    good = Connector.objects.get(name="to-postgres")
    Lease.objects.create(connector=good, stream=STREAM, topic=STREAM, partition=0, next_offset=20)

    assert client.get(f"/streams/{STREAM}/explore").status_code == 200
    assert client.get(f"/streams/{STREAM}/explore?store=a-new-one").status_code == 503


def test_explore__nothing_stored_yet__says_so(client: Client, stored: None, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("DELETE FROM events._tables")

    assert "Nothing is stored yet" in page(client)


def test_explore__no_store_that_can_be_asked__404(client: Client, connector: Connector) -> None:
    assert client.get(f"/streams/{STREAM}/explore").status_code == 404


def test_stream_panel__links_here(stored: None) -> None:
    from connectors.explore.choosing import of_stream

    assert of_stream(STREAM) is not None
    assert of_stream("no.such") is None


@pytest.mark.parametrize("ending", ["", ".csv", "/superset.zip"])
def test_explore__stream_kept_to_teams__not_for_others(
    client: Client, stored: None, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr("connectors.explore.pages.may_read", lambda _person, _name: False)

    assert client.get(f"/streams/{STREAM}/explore{ending}").status_code == 403
