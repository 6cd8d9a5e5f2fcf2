"""A published change reaches every process within two seconds; without a database, the last good snapshot serves."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from eventplatform import env
from eventplatform.embedded.postgres import Postgres
from streamconfig import lookups, services, snapshots
from streamconfig.models import Stream
from streamconfig.snapshots import SnapshotKeeper
from tests import configuring
from tests.streamconfig.conftest import DOCUMENT

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@contextmanager
def second_process(environment: dict[str, str], part: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.streamconfig.follower", part]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, **pipes)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def keeper() -> Iterator[SnapshotKeeper]:
    keeper = SnapshotKeeper()
    keeper.start(wait_seconds=10)
    yield keeper
    keeper.stop()


def eventually(condition: Callable[[], bool], seconds: float) -> float:
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds, "it never came true"
        time.sleep(0.01)
    return time.monotonic() - begin


def halve(rate: float) -> dict[str, Any]:
    return {"streams": {"ui.click": {**DOCUMENT["streams"]["ui.click"], "sample": {"unit": "session", "rate": rate}}}}


def test_publish__second_process__sees_it_within_two_seconds(child_environment: dict[str, str]) -> None:
    configuring.configure(DOCUMENT, author="tests", reason="")
    with second_process(child_environment, "follow") as process:
        lines = process.stdout
        assert lines
        assert json.loads(lines.readline())["rates"]["ui.click"] == 0.5

        delays = []
        for number in range(1, 11):
            configuring.configure(halve(0.5 / 2**number), author="tests", reason="")
            published_at = time.time()
            seen = json.loads(lines.readline())
            assert seen["rates"]["ui.click"] == 0.5 / 2**number
            delays.append(seen["at"] - published_at)

    assert max(delays) < 2.0


def test_admin__editor_saves__api_and_second_process_follow(child_environment: dict[str, str], client: Client) -> None:
    configuring.configure(DOCUMENT, author="tests", reason="")
    editor = User.objects.create_user("ed", is_staff=True)
    editor.user_permissions.set(Permission.objects.filter(codename__in=["view_stream", "change_stream"]))
    client.force_login(editor)
    path = reverse("admin:streamconfig_stream_change", args=[Stream.objects.get(name="ui.click").pk])
    with second_process(child_environment, "follow") as process:
        assert process.stdout
        assert json.loads(process.stdout.readline())["rates"]["ui.click"] == 0.5

        posted = {"sampling_unit": "session", "sampling_percent": "12.5", "is_enabled": "on", "base_revision": "1"}
        answer = client.post(path, posted)
        saved_at = time.time()
        seen = json.loads(process.stdout.readline())

    assert answer.status_code == 302
    assert (seen["rates"]["ui.click"], seen["at"] - saved_at < 2) == (0.125, True)
    api = client.get("/w/api.php?action=streamconfigs&streams=ui.click").json()
    assert api["streams"]["ui.click"]["sample"]["rate"] == 0.125


def test_keeper__without_wakeup__finds_the_change_by_its_poll(keeper: SnapshotKeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "SNAPSHOT_CHANNEL", "nobody_listens")

    configuring.configure(DOCUMENT, author="tests", reason="")

    assert eventually(lambda: keeper.snapshot().revision == 1, seconds=2) <= 2


def test_keeper__runs__is_what_lookups_answer(keeper: SnapshotKeeper) -> None:
    assert lookups.snapshot() is keeper.snapshot()
    assert lookups.age_seconds() < 2

    keeper.stop()

    assert snapshots.running() is None


def test_keeper__nothing_read_yet__says_try_again() -> None:
    with pytest.raises(snapshots.SnapshotMissingError):
        SnapshotKeeper().snapshot()


@pytest.mark.django_db(transaction=False)
def test_keeper__database_killed__serves_the_last_good_and_recovers(own_postgres: Postgres) -> None:
    own_postgres.start()
    own_postgres.ensure_database("eventplatform")
    url = own_postgres.url("eventplatform")
    environment = env.child({"DATABASE_URL": url, "EVENT_LOG_URL": "memory://", "VAR_DIR": str(own_postgres.var)})
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(migrate, cwd=settings.BASE_DIR, env=environment, check=True)

    with second_process(environment, "obey") as process:
        assert ask(process, "0.5")["revision"] == 1

        own_postgres.kill()
        eventually(lambda: bool(ask(process, "state")["age"] > 2.5), seconds=15)
        assert ask(process, "state")["rates"] == {"s": 0.5}

        own_postgres.start()
        eventually(lambda: bool(ask(process, "state")["age"] < 1.5), seconds=15)
        ask(process, "0.25")
        assert eventually(lambda: bool(ask(process, "state")["rates"] == {"s": 0.25}), seconds=2) < 2


def ask(process: subprocess.Popen[str], word: str) -> dict[str, Any]:
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{word}\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer
