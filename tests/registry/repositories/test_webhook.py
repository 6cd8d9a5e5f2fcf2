"""Webhooks: the secret is proved, our branch alone counts, and nothing is asked of the git server here."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from eventplatform.encryption import seal
from registry import tasks
from registry.models import Repository
from registry.repositories import webhook

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

ADDRESS = "/api/v1/repositories/mine/webhook"
KNOWN = "s3cret"
PUSH = {"ref": "refs/heads/main", "repository": {"default_branch": "main"}}


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    cache.clear()
    calls: list[str] = []
    monkeypatch.setattr(tasks, "wake", lambda: calls.append("wake"))
    return calls


@pytest.fixture
def repository() -> Repository:
    made: Repository = Repository.objects.create(
        name="mine", kind="git", url="https://git.example.org/a", webhook_secret=seal({"secret": "s3cret"}), interval_seconds=0
    )
    return made


def signed(body: bytes, secret: bytes = b"s3cret") -> str:
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def call(client: Client, said: Any = PUSH, **headers: str) -> Any:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    given = headers or {"X-Hub-Signature-256": signed(body)}
    return client.post(ADDRESS, body, content_type="application/json", headers=given)


def is_due() -> bool:
    return Repository.objects.get().next_pull_at is not None


def test_webhook__signed_push__queued(repository: Repository, woken: list[str]) -> None:
    response = call(Client(enforce_csrf_checks=True))

    assert (response.status_code, is_due(), woken) == (202, True, ["wake"])


def test_webhook__token_of_gitlab__queued(client: Client, repository: Repository) -> None:
    said = {"ref": "refs/heads/main", "project": {"default_branch": "main"}}

    assert call(client, said, **{"X-Gitlab-Token": "s3cret"}).status_code == 202


def test_webhook__form_of_github__queued(client: Client, repository: Repository) -> None:
    body = b"payload=%7B%22ref%22%3A%22refs%2Fheads%2Fmain%22%7D"

    response = client.post(
        ADDRESS, body, content_type="application/x-www-form-urlencoded", headers={"X-Hub-Signature-256": signed(body)}
    )

    assert response.status_code == 202


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Nothing": "x"},
        {"X-Hub-Signature-256": signed(b"other")},
        {"X-Hub-Signature-256": signed(json.dumps(PUSH).encode(), b"guess")},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Gitlab-Token": "guess"},
        {"X-Gitlab-Token": ""},
    ],
)
def test_webhook__not_proved__refused(client: Client, repository: Repository, headers: dict[str, str]) -> None:
    response = call(client, **headers)

    assert (response.status_code, response.json()["code"], is_due()) == (403, "webhook.signature", False)


@pytest.mark.parametrize(
    ("said", "headers", "reason"),
    [
        ({**PUSH, "ref": "refs/heads/other"}, {}, "The branch main is pulled"),
        ({**PUSH, "ref": "refs/tags/main"}, {}, "The branch main is pulled"),
        ({"zen": "x"}, {"X-GitHub-Event": "ping"}, "An event ping"),
    ],
)
def test_webhook__none_of_its_business__answered_with_the_reason(
    client: Client, repository: Repository, said: dict[str, Any], headers: dict[str, str], reason: str
) -> None:
    signature = {"X-Hub-Signature-256": signed(json.dumps(said).encode())}

    response = call(client, said, **signature, **headers)

    assert (response.status_code, is_due()) == (200, False)
    assert reason in response.json()["reason"]


def test_webhook__no_secret_or_unknown_name__not_found(client: Client, repository: Repository) -> None:
    Repository.objects.update(webhook_secret="")

    assert call(client, **{"X-Gitlab-Token": ""}).status_code == 404
    assert client.post("/api/v1/repositories/absent/webhook").status_code == 404
    assert client.get(ADDRESS).status_code == 405


def test_webhook__too_large_or_too_often__refused(
    client: Client, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "_MAX_BODY_BYTES", 100)
    assert call(client, b"x" * 101).status_code == 413

    monkeypatch.setattr(webhook, "_CALLS_A_MINUTE", 3)
    assert [call(client).status_code for _ in range(4)] == [202, 202, 429, 429]


@pytest.mark.parametrize("body", [b"", b"no json", b"[1]", b"[" * 100_000, b"\xff"])
def test_webhook__body_that_says_nothing__the_signature_counts(client: Client, repository: Repository, body: bytes) -> None:
    assert call(client, body).status_code == 202
