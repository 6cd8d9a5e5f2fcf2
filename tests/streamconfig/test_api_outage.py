"""The API of a real server whose database is killed: it serves the last good configuration and says so, until it is back."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from typing import Any
from urllib.error import HTTPError

import pytest
from django.conf import settings

from eventplatform import env
from eventplatform.embedded.postgres import Postgres
from tests.intake.serving import serving

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
STREAMS = "/api/v1/streams?fields=name"


def ask(address: str, **headers: str) -> tuple[int, Any, bytes]:
    request = urllib.request.Request(address, headers={name.replace("_", "-"): text for name, text in headers.items()})  # noqa: S310  # our own server
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # likewise
            return answer.status, answer.headers, answer.read()
    except HTTPError as error:
        return error.code, error.headers, error.read()


def until_warning(address: str, *, is_there: bool) -> None:
    deadline = time.monotonic() + 30
    while ("Warning" in ask(address)[1]) is not is_there:
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.2)


def test_database_killed__streams_go_on_and_say_so__history_is_503__and_all_recovers(own_postgres: Postgres) -> None:
    own_postgres.start()
    own_postgres.ensure_database("eventplatform")
    url = own_postgres.url("eventplatform")
    environment = env.child({"DATABASE_URL": url, "EVENT_LOG_URL": "memory://", "VAR_DIR": str(own_postgres.var)})
    setup = [sys.executable, "-m", "bench.config_setup", "3"]
    subprocess.run(setup, cwd=settings.BASE_DIR, env=environment, check=True)

    with serving("eventplatform.wsgi:application", "wsgi", environment) as port:
        address = f"http://127.0.0.1:{port}"
        status, headers, before = ask(address + STREAMS)
        assert (status, json.loads(before)["count"], "Warning" in headers) == (200, 3, False)

        own_postgres.kill()
        until_warning(address + STREAMS, is_there=True)

        status, stale, body = ask(address + STREAMS)
        assert (status, body, int(stale["X-Config-Age"]) >= 5) == (200, before, True)
        assert ask(address + STREAMS, If_None_Match=headers["ETag"])[0] == 304
        assert ask(f"{address}/api/v1/streams?limit=1")[0] == 200  # a question that nobody asked before
        for path in ("changes", "revisions", "changes/1", "streams?at=2020-01-01T00:00:00Z"):
            status, headers_of_it, body = ask(f"{address}/api/v1/{path}")
            assert (status, json.loads(body)["code"], headers_of_it["Retry-After"]) == (503, "history.away", "2"), path

        status, headers_of_it, _ = ask(f"{address}/w/api.php?action=streamconfigs")
        assert (status, "X-Config-Age" in headers_of_it, "Warning" in headers_of_it) == (200, True, True)
        for path, expected in (("/streams", 200), ("/teams", 200), ("/changes", 503), ("/repositories/", 503)):
            status, _, body = ask(address + path)
            assert (status, b"database can't be reached" in body) == (expected, True), path

        own_postgres.start()
        until_warning(address + STREAMS, is_there=False)
        assert ask(f"{address}/api/v1/changes")[0] == 200
    own_postgres.stop()
