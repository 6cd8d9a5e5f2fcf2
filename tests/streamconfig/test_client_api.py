"""`/api/v1/client`: who may ask for what, what is kept, and when it is made anew."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry import lifecycle
from registry import lookups as schemas
from registry import services as registry
from registry.models import SchemaVersion
from streamconfig import lookups
from streamconfig.change_control import requests
from streamconfig.change_control.actors import of_user
from streamconfig.configuration.changes import changes_between
from tests import configuring
from tests.registry.origins import schema

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]

CLIENT = "/api/v1/client"


def read(client: Client, query: str = "", **headers: str) -> Any:
    answer = client.get(f"{CLIENT}{query}", headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_names__asked_for__these_alone__also_below_a_pattern(client: Client) -> None:
    assert list(read(client)["streams"]) == ["page.change", "ui.click"]
    assert list(read(client, "?streams=ui.click|nobody")["streams"]) == ["ui.click"]
    assert read(client, "?streams=job.one")["streams"]["job.one"]["service"] == "main"


@pytest.mark.parametrize(
    "query",
    ["streams=" + "|".join(f"s{number}" for number in range(251)), "streams=" + "a" * 8001, "scope=" + "a" * 501, "wait=soon"],
    ids=["names", "text", "scope", "wait"],
)
def test_parameters__out_of_bounds__refused(client: Client, query: str) -> None:
    answer = client.get(f"{CLIENT}?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "query.bad_parameter")


def test_page_of_any_origin__may_read_it__with_the_date(client: Client) -> None:
    answer = client.get(CLIENT, headers={"origin": "http://localhost:5500"})

    assert answer["Access-Control-Allow-Origin"] == "*"
    assert {"Date", "ETag"} <= {name.strip() for name in answer["Access-Control-Expose-Headers"].split(",")}
    assert answer["Cache-Control"] == "no-cache"


def test_preflight__script_with_an_etag__allowed(client: Client) -> None:
    asked = {"origin": "http://localhost:5500", "access-control-request-method": "GET"}

    answer = client.options(CLIENT, headers={**asked, "access-control-request-headers": "if-none-match"})

    assert answer.status_code == 200
    assert (answer["Access-Control-Allow-Origin"], answer["Access-Control-Allow-Headers"]) == ("*", "If-None-Match")


def test_etag__known__304_without_a_query_and_without_the_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = client.get(CLIENT, headers={"accept-encoding": "gzip"})
    assert json.loads(gzip.decompress(answer.content)) == read(client)
    known = {"accept-encoding": "gzip", "if-none-match": answer["ETag"]}

    with CaptureQueriesContext(connection) as queries:
        again = client.get(CLIENT, headers=known)

    assert (again.status_code, again.content, again["ETag"], len(queries)) == (304, b"", answer["ETag"], 0)

    def away(*_given: Any) -> Any:
        raise DatabaseError

    monkeypatch.setattr("streamconfig.published.state", away)
    lookups.forget()
    assert client.get(CLIENT, headers=known).status_code == 304


def test_publish__next_question__has_it(client: Client) -> None:
    before = client.get(CLIENT)
    configuring.configure({"streams": {"ui.click": {"sample": {"unit": "session", "rate": 0.25}}}})

    after = client.get(CLIENT, headers={"if-none-match": before["ETag"]})

    assert after.json()["streams"]["ui.click"]["sample"]["rate"] == 0.25
    assert after["ETag"] != before["ETag"]


def test_other_answers__asked_between__leave_it_kept(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.get(CLIENT)
    client.get("/api/v1/streams")
    monkeypatch.setattr("streamconfig.api.client.ClientView", None)  # who makes it anew fails

    assert client.get(CLIENT).status_code == 200


def test_schedule__approved__told_before_it_holds(client: Client) -> None:
    before = lookups.current_document().as_json()
    quarter = {**before["streams"]["ui.click"], "sample": {"unit": "session", "rate": 0.25}}
    after = {**before, "streams": {**before["streams"], "ui.click": quarter}}
    moment = (timezone.now() + timedelta(days=3)).replace(microsecond=0)
    outcome = requests.propose(
        by=configuring.author_named("tests"), changes=changes_between(before, after), title="Later", effective_at=moment
    )
    for name in configuring.APPROVERS:
        if outcome.request.state == "in_review":
            outcome = requests.approve(outcome.request.pk, by=of_user(configuring.approver(name)), seen=outcome.request.edit)

    clicks = read(client)["streams"]["ui.click"]

    assert clicks["sample"]["rate"] == 0.5
    at = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert clicks["changes"] == [{"at": at, "sample": {"unit": "session", "rate": 0.25}}]


def registered(folder: Path, version: str, more: str = "") -> None:
    """One more version of the schema of ui.click, in a folder that becomes a repository."""
    path = folder / f"jsonschema/ui/click/{version}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(schema(f"/ui/click/{version}", f"title: ui/click\nproperties:\n  dt: {{type: string}}\n{more}"))
    report = registry.import_folder(name="clicks", folder=folder)
    assert not report.problems
    schemas.forget()
    lookups.forget()


def test_schema__new_version__next_question_has_it__unless_deprecated(client: Client, tmp_path: Path) -> None:
    nothing = client.get(CLIENT)
    assert nothing.json()["streams"]["ui.click"]["schema"] is None
    registered(tmp_path, "1.0.0")
    first = client.get(CLIENT, headers={"if-none-match": nothing["ETag"]})
    registered(tmp_path, "1.1.0", "  action: {type: string}\n")
    second = client.get(CLIENT, headers={"if-none-match": first["ETag"]})
    lifecycle.deprecate(SchemaVersion.objects.get(schema_id="/ui/click/1.1.0"), author="tests", reason="It was a mistake.")
    schemas.forget()
    lookups.forget()
    third = client.get(CLIENT, headers={"if-none-match": second["ETag"]})

    entries = [one.json()["streams"]["ui.click"] for one in (first, second, third)]
    assert [(one["schema"], one["fields"]) for one in entries] == [
        ("/ui/click/1.0.0", ["dt"]),
        ("/ui/click/1.1.0", ["dt", "action"]),
        ("/ui/click/1.0.0", ["dt"]),
    ]
