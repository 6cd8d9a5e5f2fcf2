"""Pages of repositories: state, live progress that ends, problems by file and line, and who may pull."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from registry import tasks
from registry.models import Repository

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

LIST, ONE = "/schemas/repositories", "/schemas/repositories/mine"
PROBLEM = {
    "path": "jsonschema/a/1.0.0.yaml",
    "line": 6,
    "code": "schema.invalid",
    "message": "<b>No</b> schema.",
    "remedy": "Write one.",
}


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []
    monkeypatch.setattr(tasks, "wake", lambda: calls.append("wake"))
    return calls


def make(**facts: Any) -> None:
    Repository.objects.create(name="mine", kind="git", url="https://git.example.org/a", **facts)


def pages(client: Client) -> str:
    return client.get(LIST).content.decode() + client.get(ONE).content.decode()


def test_list__none__says_what_to_do(client: Client) -> None:
    assert "No repository yet" in client.get(LIST).content.decode()
    assert client.get("/schemas/repositories/absent").status_code == 404


def test_list__several__in_declared_order(client: Client) -> None:
    for name, order in (("bbb", 2), ("ccc", 1), ("aaa", 2)):
        Repository.objects.create(name=name, order=order)

    shown = client.get(LIST).content.decode()

    assert shown.index(">ccc<") < shown.index(">aaa<") < shown.index(">bbb<")


def test_pages__up_to_date__still(client: Client) -> None:
    make(imported_at=timezone.now(), commit="ab" * 20, next_pull_at=timezone.now() + timedelta(seconds=150))

    shown = pages(client)

    for words in ("Up to date", "ab" * 20, "in 2 min", "git.<wbr>example.<wbr>org"):
        assert words in shown
    assert "every 1s" not in shown
    assert "Pull now" not in shown


def test_page__nothing_imported_yet__does_not_say_that_all_is_published(client: Client) -> None:
    make()

    shown = client.get(ONE).content.decode()

    assert "Nothing was imported yet" in shown
    assert "is published" not in shown


def test_page__newest_versions_break_something__told_as_published_all_the_same(client: Client) -> None:
    make(imported_at=timezone.now(), problems=[PROBLEM])

    shown = client.get(ONE).content.decode()

    assert "They are published all the same" in shown
    assert "Write one." in shown
    assert "refused" not in shown


def test_page__refused_for_a_reference__says_that_another_import_may_help(client: Client) -> None:
    make(failed_at=timezone.now(), problems=[PROBLEM | {"code": "schema.bad_reference"}])

    assert "another import brings what it refers to" in client.get(ONE).content.decode()


def test_page__pull_at_work__the_counts_above_are_renewed_with_the_rest(client: Client) -> None:
    make(pull_until=timezone.now() + timedelta(seconds=9), progress={"stage": "store"})

    shown = client.get(ONE).content.decode()

    assert 'hx-select-oob="#counts"' in shown
    assert 'id="counts"' in shown


def test_pages__pull_at_work__progress_and_polling(client: Client) -> None:
    since = timezone.now().isoformat()
    progress = {"stage": "check", "done": 30, "total": 120, "since": since}
    make(pull_until=timezone.now() + timedelta(seconds=9), progress=progress)

    shown = pages(client)

    assert shown.count("every 1s") == 2
    assert 'aria-valuenow="25"' in shown
    assert "Checking schemas, 30 of 120" in shown


def test_pages__refused__file_line_and_remedy_escaped(client: Client) -> None:
    make(failed_at=timezone.now(), problems=[PROBLEM])

    shown = pages(client)

    assert "1.<wbr>0.<wbr>0.<wbr>yaml:6" in shown
    assert "&lt;b&gt;No&lt;/b&gt; schema." in shown
    assert "Write one." in shown
    assert "Refused" in shown


def test_pages__not_reached_and_deprecated__said_with_the_remedy(client: Client) -> None:
    trouble = {"code": "repository.unreachable", "message": "Away.", "remedy": "Wait.", "since": timezone.now().isoformat()}
    make(pull_trouble=trouble, pull_failures=3, deprecated_since=timezone.localdate(), deprecation_reason="Old.")

    shown = pages(client)

    for words in ("Not reached", "Away.", "Wait.", "3 pulls in a row", "deprecated", "Old."):
        assert words in shown


def test_pull__by_who_may__due_now_and_a_worker_woken(client: Client, woken: list[str]) -> None:
    make(seen_commit="ab" * 20)
    user = User.objects.create_user("engineer")
    client.force_login(user)

    assert client.post(f"{ONE}/pull").status_code == 403
    assert client.get(f"{ONE}/pull").status_code == 405
    user.user_permissions.set(Permission.objects.filter(codename="change_repository"))
    assert client.post(f"{ONE}/pull").headers["Location"] == ONE

    row = Repository.objects.get()
    assert row.next_pull_at is not None
    assert (row.seen_commit, woken) == ("", ["wake"])
    assert "Pull now" in pages(client)


def test_pull__stranger__to_the_login(client: Client) -> None:
    make()

    assert "/login/" in client.post(f"{ONE}/pull").headers["Location"]
