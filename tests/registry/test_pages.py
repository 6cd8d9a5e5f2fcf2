"""The catalogue and a schema's page, as a reader sees them."""

from __future__ import annotations

import shlex

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from registry import fields, lookups
from registry.models import Repository

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("samples")]


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_catalogue__words__find_fields_and_titles(client: Client) -> None:
    assert "/schemas/page/change" in page(client, "/schemas")
    found = page(client, "/schemas?q=stack_trace")

    assert "/schemas/client/error" in found
    assert "stack_<wbr>trace" in found
    assert "/schemas/page/change" not in found


def test_catalogue__nothing_found__says_so(client: Client) -> None:
    assert "No schema has that" in page(client, "/schemas?q=%3Cscript%3E")


def test_catalogue__refused_import__is_shown_first(client: Client) -> None:
    problem = {"path": "jsonschema/a/1.0.0.yaml", "line": 3, "code": "x.y", "message": "Bad <b>.", "remedy": "Mend it."}
    Repository.objects.filter(name="primary").update(failed_at="2026-01-01T00:00:00Z", problems=[problem])

    shown = page(client, "/schemas")

    assert "jsonschema/a/1.0.0.yaml:3" in shown
    assert "Bad &lt;b&gt;." in shown


def test_version__latest__shows_fields_versions_and_curl(client: Client) -> None:
    shown = page(client, "/schemas/ui/button_click")

    schema = lookups.schemas().latest("ui/button_click")
    assert schema is not None
    assert f"{len(fields.fields_of(schema.document))} fields" in shown
    assert "milliseconds_<wbr>visible" in shown
    assert "header, content" in shown
    assert "/schemas/ui/button_click/1.0.0" in shown
    assert f"curl {settings.INTAKE_URL}/v1/events" in shown


def test_version__old__says_that_a_newer_one_is_there(client: Client) -> None:
    assert "1.1.0 is newer" in page(client, "/schemas/ui/button_click/1.0.0")


@pytest.mark.parametrize(
    ("query", "is_there", "is_absent"), [("show=pii", "user_agent", "button"), ("field=line", "line_", "tags")]
)
def test_version__narrowed__shows_those_fields_alone(client: Client, query: str, is_there: str, is_absent: str) -> None:
    shown = page(client, f"/schemas/client/error?{query}").partition('id="field-rows"')[2].partition("<aside")[0]

    assert is_there.replace("_", "_<wbr>") in shown
    assert is_absent not in shown


def test_version__tabs__show_example_and_file(client: Client) -> None:
    assert "TypeError" in page(client, "/schemas/client/error?tab=example")
    assert "title: client/error" in page(client, "/schemas/client/error/1.0.0?tab=raw")


def test_version__absent__404(client: Client) -> None:
    assert client.get("/schemas/no/such").status_code == 404
    assert client.get("/schemas/ui/button_click/9.9.9").status_code == 404


def test_curl__example__is_one_shell_line_with_the_whole_event(client: Client) -> None:
    response = client.get("/schemas/client/error")

    words = shlex.split(response.context["curl"])
    assert "\n" not in response.context["curl"]
    assert words[-1].startswith('{"$schema": "/client/error/1.0.0"')


def test_admin__published_versions__can_be_looked_at_only(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root", password="a long password"))

    assert client.get("/admin/registry/schemaversion/").status_code == 200
    assert client.get("/admin/registry/schemaversion/add/").status_code == 403
    assert client.get("/admin/registry/repository/").status_code == 200
