from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from monitoring.realtime import errors, turns
from monitoring.realtime.models import SavedQuery
from monitoring.realtime.turns import turn
from tests.monitoring.realtime.streams import Platform

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def client(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Client:
    for module in ("asked", "pages", "forms", "api"):
        monkeypatch.setattr(f"monitoring.realtime.{module}.snapshot", lambda: platform.config)
    monkeypatch.setattr("monitoring.realtime.asked.event_log", lambda: platform.log)
    return Client()


def person(client: Client, *permissions: str) -> User:
    user = User.objects.create_user("ada", password="made-up-for-this")
    user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return user


def page(client: Client, path: str, **query: Any) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_sql__nothing_asked__form_with_columns_and_examples_of_the_stream(client: Client) -> None:
    text = page(client, "/sql", stream="page.view")

    assert "<code>meta.<wbr>domain</code>" in text
    assert "Where it happened." in text
    assert "Events by minute" in text
    assert "from &quot;page.view&quot; order by" in text


def test_sql__asked_by_its_address__table_with_what_was_read(client: Client, platform: Platform) -> None:
    platform.post("page.view", number=41, tags=["<b>"])

    text = page(
        client, "/sql", stream="page.view", sql="select number + 1 as more, tags, _topic, _partition, _offset from events"
    )

    assert '<td class="r">42</td>' in text
    assert "[&quot;&lt;b&gt;&quot;]" in text
    assert 'href="/records/page.view/' in text
    assert "1 row, of 1 records" in text
    assert "Personal data is masked." in text


def test_sql__place_that_is_none__is_no_link(client: Client) -> None:
    text = page(client, "/sql", sql="select 'a/b' as _topic, -1 as _partition, 3 as _offset")

    assert "/records/" not in text


def test_sql__series_over_time__drawn_as_chosen(client: Client) -> None:
    sql = "select make_timestamp(n * 60000000) as at, n from range(5) t(n)"

    assert 'class="line"' in page(client, "/sql", sql=sql)
    assert 'class="bar"' in page(client, "/sql", sql=sql, chart="bars")
    assert '<div class="chart">' not in page(client, "/sql", sql=sql, chart="none")


@pytest.mark.parametrize(
    ("sql", "status", "code"),
    [
        ("drop table x", 400, "sql.statement_refused"),
        ("from nobody", 400, "sql.stream_unknown"),
        ("selec", 400, "sql.syntax_invalid"),
    ],
)
def test_sql__question_at_fault__said_with_its_code(client: Client, sql: str, status: int, code: str) -> None:
    answer = client.get("/sql", {"sql": sql})

    assert answer.status_code == status
    assert code in answer.content.decode()


def test_answer__for_the_page_that_waits__alone_and_with_its_address(client: Client) -> None:
    answer = client.get("/sql/answer", {"sql": "select 1 as one", "minutes": "5"})

    assert answer["HX-Push-Url"] == "/sql?minutes=5&sql=select+1+as+one"
    assert "<html" not in answer.content.decode()


def test_csv__cells_that_look_like_formulas__guarded(client: Client) -> None:
    sql = "select '=1+1' as a, 2 as b, null as c, [1, 2] as d, '@x' as \"-e\""

    answer = client.get("/sql/answer.csv", {"sql": sql})

    assert list(csv.reader(io.StringIO(answer.content.decode()))) == [
        ["a", "b", "c", "d", "'-e"],
        ["'=1+1", "2", "", "[1,2]", "'@x"],
    ]


def test_csv__no_answer__leads_to_the_page_that_says_why(client: Client) -> None:
    assert client.get("/sql/answer.csv", {"sql": "from nobody"})["Location"].startswith("/sql?")


def test_json__download__as_the_api_gives_it(client: Client) -> None:
    answer = json.loads(client.get("/sql/answer.json", {"sql": "select 1 as one"}).content)

    assert (answer["columns"], answer["rows"]) == ([{"name": "one", "type": "INTEGER"}], [[1]])


def test_turn__as_many_as_run_at_once__refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_running", 2)

    answer = client.get("/sql", {"sql": "select 1"})

    assert answer.status_code == 429
    assert "sql.busy" in answer.content.decode()
    with pytest.raises(errors.TurnTakenError), turn("somebody"):
        raise AssertionError


def test_personal_data__with_the_right__shown(client: Client, platform: Platform) -> None:
    platform.post("page.view", nickname="Ada")
    person(client, "see_personal_data")

    assert "Ada" in page(client, "/sql", sql='select nickname from "page.view"')


def test_stream_kept_to_teams__others__refused(client: Client, platform: Platform) -> None:
    platform.add("page.secret", schema_title="page/event", settings={"stream_out": {"teams": ["web"]}})

    answer = client.get("/sql", {"sql": 'from "page.secret"'})

    assert answer.status_code == 403
    assert "stream.kept_to_teams" in answer.content.decode()


def test_stream_kept_to_teams__its_refused_events__left_out_of_the_error_stream(client: Client, platform: Platform) -> None:
    platform.add("page.secret", schema_title="page/event", settings={"stream_out": {"teams": ["web"]}})
    platform.add("main.error")
    for stream in ("page.secret", "page.view"):
        platform.produce("main.error", {"raw_event": "{}", "errored_stream_name": stream, "meta": {"stream": "main.error"}})
    body = {"sql": "select _event->>'$.errored_stream_name' from \"main.error\"", "streams": ["main.error"]}

    told = client.post("/api/v1/sql", body, content_type="application/json").json()

    assert told["rows"] == [["page.view"]]
    assert told["read"]["closed"] == 1


def test_api__question__answered(client: Client, platform: Platform) -> None:
    platform.post("page.view", number=1)
    body = {"sql": "select number from events", "streams": ["page.view"]}

    answer = client.post("/api/v1/sql", body, content_type="application/json")

    assert answer.status_code == 200
    assert answer.json()["rows"] == [[1]]
    assert answer.json()["read"]["records"] == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"sql": "drop table x"}, 400, "sql.statement_refused"),
        ({"sql": ""}, 400, "sql.body_invalid"),
        ({"sql": "select 1", "minutes": 61}, 400, "sql.body_invalid"),
        ({"sql": "select 1", "streams": ["no.such"]}, 400, "sql.stream_unknown"),
        ("[", 400, "sql.body_invalid"),
    ],
)
def test_api__bad_question__problem_document(client: Client, body: Any, status: int, code: str) -> None:
    answer = client.post("/api/v1/sql", body, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"


def test_api__stranger_where_pages_need_login__refused(client: Client, settings: Any) -> None:
    settings.PAGES_NEED_LOGIN = True

    answer = client.post("/api/v1/sql", {"sql": "select 1"}, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (401, "sql.sign_in_needed")


FORM = {
    "name": "few events", "sql": 'select count(*) from "page.view"', "minutes": "10", "expects": "number", "low": "1",
    "every_minutes": "5", "broken_after": "2", "of_last": "3",
}  # fmt: skip


def test_save__with_the_right__kept_and_shown(client: Client) -> None:
    user = person(client, "add_savedquery")

    answer = client.post("/sql/new", FORM)

    query = SavedQuery.objects.get()
    assert answer["Location"] == f"/sql/saved/{query.pk}"
    assert (query.owner, query.expects, query.low, query.state) == (user, "number", 1.0, "new")
    assert "few events" in page(client, "/sql/saved")
    assert "Not evaluated yet" in page(client, f"/sql/saved/{query.pk}")


def test_save__without_the_right__refused(client: Client) -> None:
    person(client)

    assert client.post("/sql/new", FORM).status_code == 403
    assert "Saving queries is an editor" in page(client, "/sql/new", sql="select 1")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sql": "from nobody"}, "There is no stream nobody."),
        ({"low": ""}, "at least one bound"),
        ({"low": "5", "high": "1"}, "below the lower one"),
        ({"broken_after": "4"}, "Not more evaluations"),
        ({"minutes": "61"}, "less than or equal to 60"),
    ],
)
def test_save__something_wrong__said_beside_it(client: Client, changes: dict[str, str], words: str) -> None:
    person(client, "add_savedquery")

    answer = client.post("/sql/new", {**FORM, **changes})

    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not SavedQuery.objects.exists()


def test_edit_and_delete__owner_may__others_may_not(client: Client) -> None:
    query = SavedQuery.objects.create(name="x", sql="select 1", owner=User.objects.create_user("bob"))
    person(client)

    assert client.post(f"/sql/saved/{query.pk}/delete").status_code == 403
    assert client.post(f"/sql/saved/{query.pk}/edit", FORM).status_code == 403

    client.force_login(query.owner)  # type: ignore[arg-type]  # it has one

    assert client.post(f"/sql/saved/{query.pk}/edit", FORM).status_code == 302
    assert client.post(f"/sql/saved/{query.pk}/delete").status_code == 302
    assert not SavedQuery.objects.exists()


def test_pair__chosen__becomes_a_question_to_save(client: Client) -> None:
    chosen = {
        "first": "page.view",
        "second": "page.edit",
        "first_field": "meta.id",
        "second_field": "meta.id",
        "within_minutes": "5",
    }

    answer = client.get("/sql/pair", chosen)
    text = page(client, answer["Location"])

    assert answer["Location"].startswith("/sql/new?")
    assert "not exists (" in text
    assert "Every page.view has a page.edit within 5 min" in text


@pytest.mark.parametrize("field", ["meta.id) or true --", "meta", "nothing"])
def test_pair__field_that_the_stream_has_not__refused(client: Client, field: str) -> None:
    chosen = {
        "first": "page.view",
        "second": "page.edit",
        "first_field": field,
        "second_field": "meta.id",
        "within_minutes": "5",
    }

    assert "has no single field" in page(client, "/sql/pair", **chosen)


def test_admin__list_and_form__there(client: Client) -> None:
    query = SavedQuery.objects.create(name="x", sql="select 1")
    client.force_login(User.objects.create_superuser("root", password="made-up-for-this"))

    assert "few" not in page(client, "/admin/monitoring/savedquery/")
    assert client.get(f"/admin/monitoring/savedquery/{query.pk}/change/").status_code == 200
