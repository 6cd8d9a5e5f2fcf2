"""A page that needs the database while it is away says that, and not that we broke something."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from eventplatform.outage import DatabaseAwayError, server_error


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    """Of a server that answers errors, with no database: connecting is what fails."""

    def refused(*_: Any, **__: Any) -> Any:
        raise OperationalError("connection refused")

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.ensure_connection", refused)
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("path", ["/", "/overview", "/changes", "/changes/1", "/revisions"])
def test_page__database_away__is_503_and_says_what_goes_on(client: Client, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "2", "no-store")
    assert "database can&#x27;t be reached" in answer.text or "database can't be reached" in answer.text
    assert "/w/api.php" in answer.text


@pytest.mark.parametrize("cookie", [None, "of somebody signed in"])
def test_admin__database_away__is_503_for_whoever_is_signed_in(client: Client, cookie: str | None) -> None:
    if cookie:
        client.cookies["sessionid"] = cookie

    assert client.get("/admin/").status_code == (503 if cookie else 302)


def test_machines__database_away__get_a_problem_document(client: Client) -> None:
    answer = client.get("/repositories/")

    assert (answer.status_code, answer["Content-Type"], answer["Retry-After"]) == (503, "application/problem+json", "2")
    assert answer.json()["code"] == DatabaseAwayError.code


@pytest.mark.parametrize("path", ["/v1/events", "/analytics/v1/events", "/analytics/v1/events/"])
def test_doors__database_away__get_a_problem_document(rf: RequestFactory, path: str) -> None:
    def refused() -> None:
        raise OperationalError("connection refused")

    try:
        refused()
    except OperationalError:
        answer = server_error(rf.post(path))

    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")


def test_page__our_own_fault__stays_500(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.ensure_connection", broken)
    answer = Client(raise_request_exception=False).get("/changes")

    assert answer.status_code == 500
    assert "on our side" in answer.text
