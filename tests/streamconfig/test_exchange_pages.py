"""The pages of import and export: who may, the dry run, and the request that asks for exactly what it showed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from eventplatform import outbound
from monitoring.demo_users import ensure_groups
from streamconfig import lookups
from streamconfig.models import ChangeRequest
from tests import configuring

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]

IMPORT, EXPORT = "/streams/import", "/streams/export"
TABLE = "name,sample_rate\nui.click,0.25\n"


def somebody(client: Client, group: str = "engineer") -> Client:
    ensure_groups()
    user = User.objects.create_user(f"{group}-1", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return client


def tried(client: Client, content: str | bytes = TABLE, name: str = "streams.csv", **more: str) -> Any:
    content = content.encode() if isinstance(content, str) else content
    return client.post(IMPORT, {"do": "try", "file": SimpleUploadedFile(name, content), **more})


def token_of(answer: Any) -> str:
    found = re.search(r'name="token" value="([^"]+)"', answer.content.decode())
    return found[1] if found else ""


def test_import__dry_run_and_propose__makes_a_request_with_what_was_shown(client: Client) -> None:
    somebody(client)

    answer = tried(client)
    text = answer.content.decode().replace("<wbr>", "")
    asked = client.post(IMPORT, {"do": "propose", "token": token_of(answer), "title": "More", "reason": "because"})

    request = ChangeRequest.objects.latest("pk")
    assert answer.status_code == 200
    assert "sample.rate" in text
    assert (asked.status_code, asked["Location"]) == (302, f"/changes/{request.pk}")
    assert (request.title, request.reason, request.source, request.state) == ("More", "because", "import", "in_review")
    (field,) = [field for change in request.changes for field in change.fields]
    assert (field.path, field.was, field.becomes) == ("sample.rate", 0.5, 0.25)
    assert lookups.snapshot().streams["ui.click"].settings["sample"]["rate"] == 0.5


@pytest.mark.parametrize("group", ["viewer", "editor", "approver"])
def test_import__by_others_than_engineers__is_refused_and_changes_nothing(client: Client, group: str) -> None:
    somebody(client, group)
    before = ChangeRequest.objects.count()

    assert client.get(IMPORT).status_code == 403
    assert tried(client).status_code == 403
    assert client.post(IMPORT, {"do": "propose", "token": "x"}).status_code == 403
    assert ChangeRequest.objects.count() == before


def test_import__stranger__is_refused(client: Client) -> None:
    assert client.get(IMPORT).status_code == 403
    assert tried(client).status_code == 403


def test_import__somebody_elses_or_a_made_up_dry_run__is_refused(client: Client) -> None:
    token = token_of(tried(somebody(client)))
    other = somebody(Client(), "administrator")
    before = ChangeRequest.objects.count()

    assert other.post(IMPORT, {"do": "propose", "token": token}).status_code == 403
    for bad in ("", "x", token[:-1]):
        assert client.post(IMPORT, {"do": "propose", "token": bad}).status_code == 400
    assert ChangeRequest.objects.count() == before


def test_import__old_dry_run__conflicts_are_told_and_nothing_is_overwritten(client: Client) -> None:
    token = token_of(tried(somebody(client)))
    configuring.configure({"streams": {"ui.click": {"schema_title": "ui/click", "sample": {"unit": "session", "rate": 0.9}}}})

    answer = client.post(IMPORT, {"do": "propose", "token": token})

    assert answer.status_code == 409
    assert "change.conflict" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", "name,sample_rate\nui.click,x\n", "row 2, column sample_rate"),
        ("a.php", "<?php\n$wgEventStreams = [\n'a' => foo() ];", "line 3"),
        ("a.yaml", "streams:\n  a.b: {}\n  a.b: {}\n", "line 3"),
        ("a.yaml", "streams: {a.b: {topics: 5}}", "a.b/topics"),
        ("a.yaml", b"\xff", "no UTF-8"),
        ("a.json", '{"error": {"code": "readapidenied", "info": "No."}}', "readapidenied"),
    ],
)
def test_import__unusable__told_by_place_without_a_way_on(client: Client, name: str, content: str | bytes, told: str) -> None:
    answer = tried(somebody(client), content, name)

    assert answer.status_code == 200
    assert told in answer.content.decode().replace("<wbr>", "")
    assert token_of(answer) == ""


def test_import__nothing_chosen__says_so(client: Client) -> None:
    answer = somebody(client).post(IMPORT, {"do": "try"})

    assert (answer.status_code, "Choose a file" in answer.content.decode()) == (400, True)


def test_import__what_holds_already__says_so(client: Client) -> None:
    somebody(client)

    text = tried(client, client.get(f"{EXPORT}?form=yaml").content, "a.yaml").content.decode()

    assert "Nothing differs" in text


def test_import__administrators_sections__are_refused_for_an_engineer(client: Client) -> None:
    answer = tried(somebody(client), "teams: {web: {title: Web}}", "teams.yaml")
    asked = client.post(IMPORT, {"do": "propose", "token": token_of(answer)})

    assert {answer.status_code, asked.status_code} & {403, 400}
    assert not ChangeRequest.objects.filter(source="import").exists()


def test_import__address_of_a_wiki__is_asked_through_the_guard(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def fetch(url: str, **bounds: Any) -> outbound.Answer:
        asked.update(bounds, url=url)
        body = b'{"streams": {"x.y": {"schema_title": "x/y", "stream": "x.y", "topics": ["x.y"]}}}'
        return outbound.Answer(200, {}, body)

    monkeypatch.setattr(outbound, "fetch", fetch)

    answer = somebody(client).post(IMPORT, {"do": "try", "url": "https://meta.example.org/w/api.php?constraints=a%3Db#x"})

    query = "constraints=a%3Db&action=streamconfigs&format=json&formatversion=2"
    assert asked["url"] == f"https://meta.example.org/w/api.php?{query}"
    assert asked["max_bytes"] <= 10 * 1024 * 1024
    assert "x.y" in answer.content.decode().replace("<wbr>", "")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/w/api.php", "http://169.254.169.254/", "file:///etc/passwd", "http://2130706433/"]
)
def test_import__inner_address__is_refused(client: Client, url: str, settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_HOSTS = []

    answer = somebody(client).post(IMPORT, {"do": "try", "url": url})

    assert answer.status_code == 400
    assert "outbound." in answer.content.decode()


@pytest.mark.parametrize(("form", "start"), [("yaml", "defaults:"), ("json", "{"), ("csv", "name,"), ("php", "<?php")])
def test_export__by_anybody__is_a_file(client: Client, form: str, start: str) -> None:
    answer = client.get(EXPORT, {"form": form})

    assert answer.content.decode().startswith(start)
    assert answer["Content-Disposition"] == f'attachment; filename="streams-1.{form}"'


def test_export__no_form__shows_the_choice(client: Client) -> None:
    text = client.get(EXPORT).content.decode()

    assert all(f"?form={form}" in text for form in ("yaml", "json", "csv", "php"))
    assert "3 streams" in text


@pytest.mark.parametrize(("group", "is_shown"), [("viewer", False), ("editor", False), ("approver", False), ("engineer", True)])
def test_streams__button_to_import__only_for_who_may(client: Client, group: str, is_shown: bool) -> None:  # noqa: FBT001  # a case
    page = somebody(client, group).get("/streams").content.decode()

    assert (f'href="{IMPORT}"' in page) is is_shown
    assert f'href="{EXPORT}"' in page
