"""The catalogue, as a reader sees it."""

from __future__ import annotations

import re
import time

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registry import lookups
from registry.models import Repository, SchemaTitle, SchemaVersion

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("samples")]


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def titles(client: Client, query: str) -> set[str]:
    return {row["title"].name for row in client.get(f"/schemas?{query}").context["titles"]}


def test_catalogue__field_path__shows_the_field_with_type_and_description(client: Client) -> None:
    found = client.get("/schemas", {"q": "performer.user_id"})

    rows = {row["title"].name: row["fields"] for row in found.context["titles"]}
    assert {"page/change", "revision/create"} <= set(rows)
    assert rows["page/change"][0].field.path == "performer.user_id"
    assert rows["page/change"][0].field.type == "integer"
    assert "at=performer.user_id#field.performer.user_id" in found.content.decode()


def test_catalogue__words__find_titles_and_descriptions(client: Client) -> None:
    assert "client/error" in titles(client, "q=STACK_trace")
    assert "page/change" not in titles(client, "q=stack_trace")
    assert titles(client, "q=button_click") == {"ui/button_click"}


@pytest.mark.parametrize(
    ("query", "is_there", "is_absent"),
    [
        ("repository=secondary", "client/error", "page/change"),
        ("role=primary", "page/change", "client/error"),
        ("pii=yes", "page/change", "sample/test_event"),
    ],
)
def test_catalogue__filters__narrow(client: Client, query: str, is_there: str, is_absent: str) -> None:
    found = titles(client, query)

    assert is_there in found
    assert is_absent not in found


def test_catalogue__deprecated__is_marked_and_can_be_filtered(client: Client) -> None:
    SchemaTitle.objects.filter(name="page/change").update(deprecated_since="2026-01-02", deprecation_reason="Old <b>.")
    newest = SchemaTitle.objects.get(name="ui/button_click").latest
    SchemaVersion.objects.filter(pk=newest.pk if newest else 0).update(deprecated_since="2026-01-02")

    assert titles(client, "deprecated=yes") == {"page/change", "ui/button_click"}
    assert not titles(client, "deprecated=no") & {"page/change", "ui/button_click"}
    shown = page(client, "/schemas")
    assert "Deprecated 2" in shown
    assert "Old &lt;b&gt;." in shown


def test_catalogue__nothing_found__says_so(client: Client) -> None:
    assert "No schema has that" in page(client, "/schemas?q=%3Cscript%3E")
    assert "No schema has that" in page(client, "/schemas?q=100%25_%5C")


def test_catalogue__empty__says_what_to_do(client: Client) -> None:
    SchemaTitle.objects.update(latest=None)
    SchemaVersion.objects.all().delete()
    SchemaTitle.objects.all().delete()

    assert "No schemas yet" in page(client, "/schemas")


def test_catalogue__refused_import__is_shown_first(client: Client) -> None:
    problem = {"path": "jsonschema/a/1.0.0.yaml", "line": 3, "code": "x.y", "message": "Bad <b>.", "remedy": "Mend it."}
    Repository.objects.filter(name="primary").update(failed_at="2026-01-01T00:00:00Z", problems=[problem])

    shown = page(client, "/schemas")

    assert "jsonschema/a/1.0.0.yaml:3" in shown
    assert "Bad &lt;b&gt;." in shown


def multiplied(count: int) -> None:
    """So many titles more, each with one version: copies of a sample."""
    source = SchemaVersion.objects.select_related("title").get(schema_id="/page/change/1.1.0")
    names = [f"copy/number_{index}" for index in range(count)]
    SchemaTitle.objects.bulk_create(
        SchemaTitle(name=name, repository=source.title.repository, search_text=f"{name}\n{source.title.search_text}")
        for name in names
    )
    made = list(SchemaTitle.objects.filter(name__in=names))
    ignored = {"id", "title_id", "schema_id"}
    facts = {field.attname: getattr(source, field.attname) for field in SchemaVersion._meta.concrete_fields}
    facts = {name: value for name, value in facts.items() if name not in ignored}
    SchemaVersion.objects.bulk_create(SchemaVersion(title=title, schema_id=f"/{title.name}/1.0.0", **facts) for title in made)
    for title in made:
        title.latest = SchemaVersion.objects.only("pk").get(schema_id=f"/{title.name}/1.0.0")
    SchemaTitle.objects.bulk_update(made, ["latest"])


def test_catalogue__a_thousand_titles__few_queries_and_quick(client: Client) -> None:
    multiplied(1000)
    lookups.forget()
    client.get("/schemas?q=performer.user_id")  # what a running process has warm

    for query in ("", "q=performer.user_id", "q=performer.user_id&page=3", "pii=yes&deprecated=no"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            started = time.thread_time()  # ours alone, whoever else uses the machine: the queries are counted
            response = client.get(f"/schemas?{query}")
            took = time.thread_time() - started
        assert response.status_code == 200
        assert len(queries) <= 12, [one["sql"][:100] for one in queries]
        print(f"{query or 'all'}: {took * 1000:.0f} ms, {len(queries)} queries")  # noqa: T201  # the measured figures
        assert took < 0.6  # a slow machine; bench holds the promise


def test_catalogue__pages__keep_the_filter(client: Client) -> None:
    multiplied(60)

    shown = page(client, "/schemas?q=copy&repository=primary")

    assert re.search(r"1 to 50 of 60", shown)
    assert "?q=copy&amp;repository=primary&amp;page=2" in shown
    assert len(titles(client, "q=copy&page=2")) == 10


def test_admin__published_versions__can_be_looked_at_only(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root", password="a long password"))

    assert client.get("/admin/registry/schemaversion/").status_code == 200
    assert client.get("/admin/registry/schemaversion/add/").status_code == 403
    assert client.get("/admin/registry/repository/").status_code == 200


def test_search__typed__pushes_an_address_without_empty_filters(client: Client) -> None:
    address = "/schemas?q=click&repository=&role=&deprecated=&pii="

    assert client.get(address, headers={"hx-request": "true"})["HX-Push-Url"] == "?q=click"
    assert "HX-Push-Url" not in client.get(address)


@pytest.mark.parametrize("name", ["q", "repository", "role"])
def test_search__null_character__no_error(client: Client, name: str) -> None:
    assert client.get(f"/schemas?{name}=click%00").status_code == 200
