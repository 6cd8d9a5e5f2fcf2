"""The list and the pages of a stream and of a revision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from registry import services as registry_services
from streamconfig import lookups
from tests import configuring

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]


def shown(client: Client, query: str) -> list[str]:
    return [one.name for one in client.get(f"/streams?{query}").context["page"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("sort=name", ["/^job\\..+/", "page.change", "ui.click"]),
        ("service=analytics", ["ui.click"]),
        ("owner=Web+team", ["ui.click"]),
        ("sampling=part", ["ui.click"]),
        ("q=rebuild", ["page.change"]),
        ("q=nothing+like+it", []),
        ("state=fail&sort=name", ["/^job\\..+/", "page.change", "ui.click"]),  # no schema is registered here
        ("state=paused", []),
        ("canary=perhaps&sort=name", ["/^job\\..+/", "page.change", "ui.click"]),
    ],
)
def test_list__filters_of_the_address__narrow(client: Client, query: str, names: list[str]) -> None:
    assert shown(client, query) == names


def test_list__switched_off__comes_last_and_says_so(client: Client) -> None:
    configuring.switch(["ui.click"], is_enabled=False, author="ann", reason="")

    assert shown(client, "")[-1] == "ui.click"
    assert b"Switched off" in client.get("/streams?state=paused").content


def test_stream__page__says_what_holds_and_who_owns_it(client: Client) -> None:
    page = client.get("/streams/ui.click").content.decode()

    assert "50\u202f% of sessions" in page
    assert "Web team" in page
    assert "to begin with" in page  # the reason, in its history


@pytest.mark.parametrize("title", ["a/b", "development/b"])
def test_stream__either_title_of_a_schema__has_one_and_leads_there(client: Client, tmp_path: Path, title: str) -> None:
    file = tmp_path / "jsonschema/a/b/1.0.0.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("$id: /a/b/1.0.0\n$schema: https://json-schema.org/draft-07/schema#\ntitle: development/b\n")
    registry_services.import_folder(name="mine", folder=tmp_path)
    configuring.configure({"streams": {"b": {"schema_title": title}}}, author="ann", reason="")

    page = client.get("/streams/b").content.decode()

    assert f'href="/schemas/{title}"' in page
    assert client.get(f"/schemas/{title}", follow=True).status_code == 200
    assert "b" not in shown(client, "state=fail")
    assert lookups.streams_of_title("a/b") == ("b",)


def test_stream__under_a_pattern__says_so(client: Client) -> None:
    page = client.get("/streams/job.a").content.decode()

    assert "A pattern stands for it" in page
    assert client.get("/streams//^job\\..+/").status_code == 200


def test_stream__unknown__is_404(client: Client) -> None:
    assert client.get("/streams/nobody").status_code == 404


def test_stream__hostile_text__is_escaped(client: Client) -> None:
    evil = {"schema_title": "x", "about": {"owner": "<script>alert(1)</script>", "purpose": '"><img src=x>'}}
    configuring.configure({"streams": {"evil": evil}}, author="<b>mallory</b>", reason="<i>r</i>")

    for path in ("/streams", "/streams/evil", "/revisions/2"):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x>" not in page
        assert "<b>mallory" not in page


def test_revision__page__shows_the_difference(client: Client) -> None:
    configuring.switch(["ui.click"], is_enabled=False, author="ann", reason="too loud")

    page = client.get("/revisions/2").content.decode()

    assert "too loud" in page
    assert "is_<wbr>enabled" in page


def test_list__database_away__shows_the_last_good_streams_and_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    lookups.snapshot()
    assert "can't be reached" not in client.get("/streams").content.decode()

    def refused(*_: Any, **__: Any) -> Any:
        raise OperationalError("connection refused")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", refused)
    lookups.forget()
    page = client.get("/streams")

    assert page.status_code == 200
    assert [one.name for one in page.context["page"]]
    assert "The database can't be reached" in page.content.decode()
