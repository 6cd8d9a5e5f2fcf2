from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings

from eventplatform import panels
from eventplatform.access import AdminPolicy, PagesNeedLogin, TextsCanBeKept
from eventplatform.navigation import navigation

OPEN = ["/admin/login/", "/api/v1/streamconfigs", "/w/api.php", "/repositories/primary", "/v1/events", "/healthz", "/metrics"]


def request(path: str, user: User | AnonymousUser | None = None) -> HttpRequest:
    found = RequestFactory().get(path)
    found.user = user or AnonymousUser()
    return found


def answer(_: HttpRequest) -> HttpResponse:
    return HttpResponse("page")


@pytest.mark.parametrize("path", ["/", "/overview", "/streams/test.event", "/schemas", "/adminx", "/w"])
def test_pages_need_login__stranger__goes_to_the_login_and_comes_back(path: str) -> None:
    with override_settings(PAGES_NEED_LOGIN=True):
        response = PagesNeedLogin(answer)(request(path))

    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/?next=/")


@pytest.mark.parametrize("path", OPEN)
def test_pages_need_login__doors_with_locks_of_their_own__stay_open(path: str) -> None:
    with override_settings(PAGES_NEED_LOGIN=True):
        assert PagesNeedLogin(answer)(request(path)).status_code == 200


def test_pages_need_login__somebody_known__is_let_in() -> None:
    with override_settings(PAGES_NEED_LOGIN=True):
        assert PagesNeedLogin(answer)(request("/", User(username="ada"))).status_code == 200


def test_pages_need_login__demo__everybody_is_let_in() -> None:
    with override_settings(PAGES_NEED_LOGIN=False):
        assert PagesNeedLogin(answer)(request("/")).status_code == 200


def test_admin_policy__admin_page__eval_for_alpine_and_no_inline_script(client: Client) -> None:
    response = client.get("/admin/login/")

    policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    styles = re.findall(rb"<style[^>]*>(.*?)</style>", response.content, re.DOTALL)
    assert policy["script-src"] == "'self' 'unsafe-eval'"
    assert "unsafe-inline" not in policy["style-src"]
    assert styles
    for style in styles:
        assert base64.b64encode(hashlib.sha256(style).digest()).decode() in policy["style-src"]


def test_admin_policy__second_style_with_the_themes_id__is_not_let_in() -> None:
    page = b'<style id="unfold-theme-colors">a</style><style id="unfold-theme-colors">evil</style>'

    response = AdminPolicy(lambda _: HttpResponse(page))(request("/admin/"))

    evil = base64.b64encode(hashlib.sha256(b"evil").digest()).decode()
    assert evil not in str(response._csp_update)  # type: ignore[attr-defined]  # django-csp's own interface


def test_admin_policy__other_pages__are_left_alone() -> None:
    response = AdminPolicy(answer)(request("/overview"))

    assert not hasattr(response, "_csp_update")


def test_navigation__below_a_list__its_entry_is_current() -> None:
    found: Any = navigation(request("/overview"))["navigation"]

    current = [entry.title for group in found["groups"] for entry in group.entries if entry.is_current]
    assert current == ["Overview"]


def test_navigation__counts_fail__page_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError

    monkeypatch.setattr(panels, "_functions", {"navigation.counts": fail})

    found: Any = navigation(request("/"))["navigation"]

    assert [entry.count for group in found["groups"] for entry in group.entries if entry.count] == []


def test_navigation__admin_page__costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(panels, "_functions", {"navigation.counts": lambda: asked.append(1)})

    navigation(request("/admin/"))

    assert asked == []


def test_navigation__every_entry__leads_somewhere() -> None:
    found: Any = navigation(request("/"))["navigation"]

    paths = [entry.path for group in found["groups"] for entry in group.entries]
    assert paths[:2] == ["/overview", "/"]
    assert len(found["tabs"]) <= 4


@pytest.mark.parametrize("path", ["/streams/a%00b", "/retire/a%00b", "/teams/%00"])
def test_texts__null_character_in_a_path__names_nothing(path: str, client: Client) -> None:
    assert client.get(path).status_code == 404


def test_texts__null_character_in_a_query__is_left_out() -> None:
    found = RequestFactory().get("/changes?author=a%00b&state=%00&state=draft")

    TextsCanBeKept(answer)(found)

    assert (found.GET["author"], found.GET.getlist("state")) == ("ab", ["", "draft"])


@pytest.mark.parametrize(
    "path", ["/changes/1/comment", "/retire/test.event", "/streams/topics/ask", "/kill", "/changes/1/edit"]
)
def test_texts__null_character_in_a_form__is_refused_and_told(path: str, client: Client) -> None:
    response = client.post(path, {"reason": "a\0b"})

    assert response.status_code == 400
    assert b"text.null_character" in response.content


def test_texts__null_character_for_an_api__is_answered_there() -> None:
    found = RequestFactory().get("/w/api.php?streams=%00")

    TextsCanBeKept(answer)(found)

    assert found.GET["streams"] == "\0"
