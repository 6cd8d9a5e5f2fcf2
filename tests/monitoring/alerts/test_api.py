"""Alerts over HTTP: lists, acts, who may, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from monitoring.alerts import listing
from monitoring.alerts.models import Alert, AlertSilence
from streamconfig import accounts
from tests.monitoring.alerts.stage import Stage

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def bearer(db: None) -> dict[str, Any]:
    """The header of somebody who may."""
    user = User.objects.create_user("ida")
    user.user_permissions.set(Permission.objects.filter(codename="handle_alerts"))
    return {
        "headers": {"Authorization": f"Bearer {accounts.make_token(user, name='test', days=1).secret}"},
        "content_type": "application/json",
    }


@pytest.fixture
def number(stage: Stage) -> int:
    stage.wrong("connector.stopped", "lake").run(40)
    return Alert.objects.get().pk


def test_list__open__with_links(client: Client, number: int) -> None:
    found = client.get("/api/v1/alerts").json()

    (one,) = found["alerts"]
    assert (one["id"], one["kind"], one["subject"], one["state"], one["level"]) == (
        number,
        "connector.stopped",
        "lake",
        "open",
        "fail",
    )
    assert one["runbook_url"].endswith("/runbooks/connector.stopped")
    assert client.get("/api/v1/alerts?kind=part.log").json() == {"alerts": [], "total": 0, "before": None}
    assert client.get("/api/v1/alerts?state=history").json()["total"] == 0
    assert client.get(f"/api/v1/alerts/{number}").json() == one


def test_acts__with_a_token__are_done(client: Client, number: int, bearer: dict[str, Any]) -> None:
    acknowledged = client.post(f"/api/v1/alerts/{number}/acknowledge", '{"note": "on it"}', **bearer).json()
    silenced = client.post(f"/api/v1/alerts/{number}/silence", '{"minutes": 30, "reason": "work"}', **bearer).json()
    resolved = client.post(f"/api/v1/alerts/{number}/resolve", **bearer).json()

    assert acknowledged["acknowledged_by"] == "ida"
    assert silenced["silenced_until"] is not None
    assert resolved["state"] == "resolved"
    assert AlertSilence.objects.get().reason == "work"
    Alert.objects.update(opened_at=timezone.now())  # the stage's clock is another
    assert client.get("/api/v1/alerts?state=history").json()["total"] == 1


def test_list__history_of_several_pages__total_counts_them_all(
    client: Client, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST", 1)
    for name in ("a", "b", "c"):
        stage.wrong("connector.stopped", name)
    stage.run(40)
    Alert.objects.update(phase="resolved", opened_at=timezone.now(), resolved_at=timezone.now())

    first = client.get("/api/v1/alerts?state=history").json()
    second = client.get(f"/api/v1/alerts?state=history&before={first['before']}").json()

    assert [one["subject"] for page in (first, second) for one in page["alerts"]] == ["c", "b"]
    assert (first["total"], second["total"]) == (3, 3)


def test_acts__of_nobody_or_without_the_right__are_refused(client: Client, number: int) -> None:
    answer = client.post(f"/api/v1/alerts/{number}/acknowledge")
    assert (answer.status_code, answer.json()["code"]) == (401, "alert.sign_in_needed")

    token = accounts.make_token(User.objects.create_user("eve"), name="test", days=1).secret
    answer = client.post(f"/api/v1/alerts/{number}/acknowledge", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "alert.not_allowed")
    assert Alert.objects.get().acknowledged_at is None


def test_acts__with_a_session_and_no_csrf_token__are_refused(number: int, bearer: dict[str, Any]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="ida"))

    assert client.post(f"/api/v1/alerts/{number}/acknowledge").status_code == 403


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("acknowledge", "[]"),
        ("acknowledge", '{"nothing": 1}'),
        ("silence", '{"minutes": 0}'),
        ("silence", '{"minutes": 99999999}'),
        ("silence", '{"width": "all"}'),
    ],
)
def test_acts__bodies_that_say_nonsense__are_refused(
    client: Client, number: int, bearer: dict[str, Any], act: str, body: str
) -> None:
    answer = client.post(f"/api/v1/alerts/{number}/{act}", body, **bearer)

    assert (answer.status_code, answer.json()["code"]) == (400, "alert.bad_request")


def test_acts__on_what_is_not_open__are_404(client: Client, number: int, bearer: dict[str, Any]) -> None:
    Alert.objects.update(phase="resolved", resolved_at=timezone.now())

    answer = client.post(f"/api/v1/alerts/{number}/acknowledge", **bearer)

    assert (answer.status_code, answer.json()["code"]) == (404, "alert.not_there")
    assert client.get("/api/v1/alerts/999999").status_code == 404


@pytest.mark.parametrize("query", ["state=x", "level=x", "range=x", "before=x", "before=9999999999999999999", "x=1", "q=%00"])
def test_list__nonsense_in_the_query__is_refused(client: Client, query: str) -> None:
    answer = client.get(f"/api/v1/alerts?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "alert.bad_request")


def test_list__pages_that_need_a_login__need_one_here_too(client: Client, settings: Any) -> None:
    settings.PAGES_NEED_LOGIN = True

    assert client.get("/api/v1/alerts").status_code == 401
