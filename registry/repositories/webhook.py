"""The webhook of a git server: a push that names our branch lets its repository be pulled at once."""

from __future__ import annotations

import hashlib
import hmac
import json
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from eventplatform.core.errors import PlatformError, RejectedError
from eventplatform.encryption import unseal
from eventplatform.problems import problem_response
from registry import tasks
from registry.models import Repository
from registry.repositories import pulling

_MAX_BODY_BYTES = 2 * 1024 * 1024
_CALLS_A_MINUTE = 60


class NoWebhookError(RejectedError):
    """No repository of this name waits for a webhook."""

    code = "webhook.none"
    http_status = HTTPStatus.NOT_FOUND
    message = "No git repository {name} waits for a webhook."
    remedy = "Check the name, and let an administrator set the repository's webhook secret."


class WebhookSignatureError(RejectedError):
    """The call doesn't prove that it knows the secret."""

    code = "webhook.signature"
    http_status = HTTPStatus.FORBIDDEN
    message = "The signature or token is missing or wrong."
    remedy = "Enter the same secret at the git server; it sends X-Hub-Signature-256 or X-Gitlab-Token."


class WebhookTooLargeError(RejectedError):
    """More than any push has to say."""

    code = "webhook.too_large"
    http_status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    message = f"The body has more than {_MAX_BODY_BYTES} bytes."
    remedy = "Send events of pushes only."


class WebhookTooOftenError(RejectedError):
    """More calls than pushes."""

    code = "webhook.too_often"
    http_status = HTTPStatus.TOO_MANY_REQUESTS
    message = f"More than {_CALLS_A_MINUTE} calls came within a minute."
    remedy = "Nothing to do: the repository is pulled at its interval too."


class WebhookMethodError(RejectedError):
    """A webhook is posted."""

    code = "webhook.method"
    http_status = HTTPStatus.METHOD_NOT_ALLOWED
    message = "This address takes POST only."
    remedy = "Enter it as the address of a webhook at the git server."


@csrf_exempt
def receive(request: HttpRequest, name: str) -> HttpResponse:
    """202 where the repository will be pulled now, 200 with the reason where the call is none of its business."""
    try:
        return _received(request, name)
    except PlatformError as error:
        return problem_response(error)


def _received(request: HttpRequest, name: str) -> HttpResponse:
    if request.method != "POST":
        raise WebhookMethodError
    _count(request, name)
    repository = Repository.objects.filter(name=name, kind=Repository.Kind.GIT).exclude(webhook_secret="").first()
    if repository is None:
        raise NoWebhookError(name=name[:64])
    body = request.read(_MAX_BODY_BYTES + 1)
    if len(body) > _MAX_BODY_BYTES:
        raise WebhookTooLargeError
    secret = unseal(repository.webhook_secret, owner=f"the webhook of {name}").get("secret", "")
    if not is_signed(secret, body, request.headers.get("X-Hub-Signature-256", ""), request.headers.get("X-Gitlab-Token", "")):
        raise WebhookSignatureError
    ignored = _why_ignored(request, repository, _payload(request, body))
    if ignored:
        return JsonResponse({"status": "ignored", "reason": ignored})
    pulling.ask(name)
    tasks.wake()
    return JsonResponse({"status": "queued", "repository": name}, status=HTTPStatus.ACCEPTED)


def _count(request: HttpRequest, name: str) -> None:
    """In this process's memory and by the caller's address, so that a stranger's calls don't shut out the git server."""
    key = f"webhook:{hashlib.sha256(name.encode()).hexdigest()}:{request.META.get('REMOTE_ADDR', '')}"
    if not cache.add(key, 1, timeout=60) and cache.incr(key) > _CALLS_A_MINUTE:
        raise WebhookTooOftenError


def is_signed(secret: str, body: bytes, signature: str, token: str) -> bool:
    """Whether a call proves the secret: GitHub and Gitea sign the body, GitLab sends the secret itself."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    is_hub = hmac.compare_digest(signature.encode(), expected.encode())
    is_gitlab = hmac.compare_digest(token.encode(), secret.encode())
    return bool(secret) and (is_hub or is_gitlab)


def _payload(request: HttpRequest, body: bytes) -> dict[str, Any]:
    """What the call says, as JSON or in a form's field; nothing where it can't be read: the signature alone counts."""
    try:
        if request.content_type == "application/x-www-form-urlencoded":
            body = parse_qs(body.decode()).get("payload", [""])[0].encode()
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _why_ignored(request: HttpRequest, repository: Repository, said: dict[str, Any]) -> str:
    event = request.headers.get("X-GitHub-Event") or request.headers.get("X-Gitea-Event") or ""
    if event and event != "push":
        return f"An event {event[:40]} changes no branch."
    if not repository.is_enabled:
        return "The repository is switched off."
    pushed, ours = said.get("ref"), repository.branch or _default_branch(said)
    if isinstance(pushed, str) and ours and pushed != f"refs/heads/{ours}":
        return f"The branch {ours} is pulled, not {pushed[:100]}."
    return ""


def _default_branch(said: dict[str, Any]) -> str:
    """GitHub and Gitea say it of the repository, GitLab of the project."""
    for key in ("repository", "project"):
        about = said.get(key)
        if isinstance(about, dict) and isinstance(about.get("default_branch"), str):
            return str(about["default_branch"])
    return ""
