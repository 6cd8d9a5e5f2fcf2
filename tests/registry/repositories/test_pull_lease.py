"""The right to a pull: one worker at a time, given back, or free again soon after its worker died."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from registry.models import Repository
from registry.repositories import pull_lease, pulling
from tests.registry.origins import Origin
from tests.registry.pulls import mine, pull_all, repository

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_mirrors")]


def test_lease__many_workers__each_repository_once(origin: Origin) -> None:
    for number in range(6):
        repository(origin, f"r{number}")

    def take_all(_worker: int) -> list[str]:
        taken = []
        while lease := pull_lease.take(pull_lease.DUE):
            taken.append(lease.repository.name)
        connection.close()
        return taken

    with ThreadPoolExecutor(4) as workers:
        taken = [name for names in workers.map(take_all, range(4)) for name in names]

    assert sorted(taken) == [f"r{number}" for number in range(6)]


def test_lease__worker_killed__taken_again_when_it_has_run_out(origin: Origin) -> None:
    repository(origin)
    dead = pull_lease.take(pull_lease.DUE)
    assert dead is not None
    assert pull_all() == []

    Repository.objects.update(pull_until=timezone.now() - timedelta(seconds=1))

    assert pull_all() == [("mine", "imported")]
    assert not dead.give_back(None, seen_commit="0" * 40)  # it writes no more
    assert mine().seen_commit == origin.head


def test_pull__worker_killed_in_the_middle__another_does_it(origin: Origin, child_environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        row = repository(origin)
        Repository.objects.update(url=f"https://127.0.0.1:{silent.getsockname()[1]}/a")
        manage = [sys.executable, str(settings.BASE_DIR / "manage.py"), "pull_schemas", "mine"]
        worker = subprocess.Popen(manage, env=child_environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        silent.settimeout(30)
        caller, _ = silent.accept()
        with caller:  # git has called and waits
            worker.kill()
            worker.wait()

    assert mine().pull_token is not None
    Repository.objects.update(url=row.url, next_pull_at=None, pull_until=timezone.now())

    _until(lambda: pull_all() == [("mine", "imported")])


def test_lease__at_work__is_held_on_and_tells_how_far_it_is(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_lease, "_BEAT_SECONDS", 0.02)
    repository(origin)
    lease = pull_lease.take(pull_lease.DUE)
    assert lease is not None
    Repository.objects.update(pull_until=timezone.now())

    with lease:
        lease.tell("fetch", 3, 7)
        _until(lambda: mine().progress.get("done") == 3)
        row = mine()
        assert row.pull_until is not None
        assert row.pull_until > timezone.now() + timedelta(seconds=10)
        assert (row.progress["stage"], row.progress["total"]) == ("fetch", 7)
        pulling.begin_anew(row)
        _until(lambda: _is_lost(lease))

    assert mine().next_pull_at is not None


def _is_lost(lease: pull_lease.Lease) -> bool:
    try:
        lease.tell("fetch")
    except pull_lease.PullLostError:
        return True
    return False


def _until(is_so: Any) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_pull__asked_for_while_at_work__is_due_again_afterwards(origin: Origin) -> None:
    repository(origin, interval_seconds=0)
    lease = pull_lease.take(pull_lease.DUE)
    assert lease is not None
    pulling.ask("mine")

    pulling.pull(lease)

    assert pull_all() == [("mine", "unchanged")]
    assert mine().next_pull_at is None  # only by webhook or by hand


def test_pull__ticks_side_by_side__leave_room_for_other_work(origin: Origin) -> None:
    for name in ("a", "b", "c"):
        repository(origin, name)
    for _ in range(2):
        assert pull_lease.take(pull_lease.DUE, at_once=2)

    assert pull_all() == []
