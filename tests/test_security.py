"""Ground rules of security: no forged post, no pickle, no default secret, nothing weak in production."""

from __future__ import annotations

import base64
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from kombu.exceptions import ContentDisallowed
from kombu.serialization import dumps, enable_insecure_serializers, loads

from eventplatform import env
from eventplatform.celery import app

ROOT = Path(__file__).resolve().parent.parent
# Doors that heed no cookie: producers, API clients and git are no users of the admin, so a forged post gains nothing.
# Those of schemas answer questions and write nothing; `test_registry_doors__posted_to__write_nothing` holds that.
COOKIELESS = ("v1/", "w/", "confluent/", "api/v1/schemas/check", "api/v1/schemas/validate", "repositories/1.git/")


def addresses(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    """Every address of the web role, its parameters filled with something."""
    for pattern in patterns:
        whole = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, whole)
        else:
            plain = re.sub(r"\(\?P<\w+>[^)]*\)|<\w+:(?:path|object_id)>|<(?:\w+:)?\w+>", "1", whole)
            yield re.sub(r"[\^$]|\\Z|\?$", "", plain)


EVERY = {*addresses(get_resolver().url_patterns)}
ADDRESSES = sorted(address for address in EVERY if not address.startswith(COOKIELESS))
OF_SCHEMAS = sorted(address for address in EVERY if address.startswith(COOKIELESS) and not address.startswith(("v1/", "w/")))


@pytest.mark.slow
@pytest.mark.parametrize("address", ADDRESSES)
def test_post__without_token__refused_everywhere(address: str, db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root", password="irrelevant-here"))

    answer = client.post(f"/{address}", {"_save": "1", "post": "yes", "action": "delete_selected"})

    # 404, 405, a redirect to the slashed address: nothing was there to change.
    assert answer.status_code in {403, 404, 405, 301}, answer.status_code


@pytest.mark.slow
@pytest.mark.parametrize("address", OF_SCHEMAS)
def test_registry_doors__posted_to__write_nothing(address: str, db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root", password="irrelevant-here"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")  # from here a write is an error

    answer = client.post(f"/{address}", {"schema": "{}"}, content_type="application/json")

    assert answer.status_code < 500


def test_addresses__of_the_admin__are_among_those_tried() -> None:
    assert len([address for address in ADDRESSES if address.startswith("admin/")]) > 20


def test_celery__pickled_message__refused() -> None:
    enable_insecure_serializers(["pickle"])
    content_type, encoding, payload = dumps({"args": []}, serializer="pickle")

    with pytest.raises(ContentDisallowed):
        loads(payload, content_type, encoding, accept=app.conf.accept_content)


# Functions made for a schema: of column numbers and of names as literals, and of nothing that an event holds.
MADE_FOR_SCHEMAS = "connectors/mapping/compiled.py"


@pytest.mark.parametrize(
    "danger", [r"^\s*(import|from) pickle", r"yaml\.(load|unsafe_load|full_load)\(", r"\beval\(", r"\bexec\("]
)
def test_sources__dangerous_call__nowhere(danger: str) -> None:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    found = [
        name
        for name in listed
        if not name.startswith("tests/")
        and (name != MADE_FOR_SCHEMAS or "exec" not in danger)
        and (ROOT / name).exists()
        and re.search(danger, (ROOT / name).read_text(), re.MULTILINE)
    ]

    assert found == []


def check_in_production(extra: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = env.child({"DEPLOYMENT": "production", "ALLOWED_HOSTS": "events.example.org", **extra})
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


@pytest.mark.slow
def test_production__secrets_of_its_own__check_is_clean() -> None:
    done = check_in_production({"SECRET_KEY": secrets.token_urlsafe(64), "ENCRYPTION_KEYS": fernet_key()})

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        ({"SECRET_KEY": "", "ENCRYPTION_KEYS": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "demo-" + "x" * 60, "ENCRYPTION_KEYS": fernet_key()}, "made for a demo"),
        (
            {"SECRET_KEY": "x" * 60, "ENCRYPTION_KEYS": base64.urlsafe_b64encode(b"demo-" + b"x" * 27).decode()},
            "made for a demo",
        ),
        ({"SECRET_KEY": "short", "ENCRYPTION_KEYS": fernet_key()}, "shorter than"),
    ],
)
def test_production__weak_or_demo_secrets__refuses_to_boot(extra: dict[str, str], sentence: str) -> None:
    done = check_in_production(extra)

    assert done.returncode != 0
    assert sentence in done.stderr
