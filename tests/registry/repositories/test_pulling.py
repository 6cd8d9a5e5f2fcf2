"""Pulling repositories: what is due, one worker at a time, the last good state stands whatever happens."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db.models import Q
from django.utils import timezone

from eventplatform.encryption import seal
from registry.git import command, mirror
from registry.models import Repository, SchemaVersion
from registry.repositories import pulling
from registry.repositories.pulling import Pulled
from tests.registry.origins import Origin, schema
from tests.registry.pulls import mine, pull_all, repository

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_mirrors")]

FILE = "jsonschema/a/b/1.0.0.yaml"


def pull_again() -> Pulled:
    pulling.ask("mine")
    return pulling.pull_due()[0]


def served() -> list[str]:
    return sorted(SchemaVersion.objects.values_list("schema_id", flat=True))


def test_pull__new_repository__imported_with_its_commit_and_due_again(origin: Origin) -> None:
    repository(origin, interval_seconds=60)

    assert pull_all() == [("mine", "imported")]

    row = mine()
    assert (row.commit, row.seen_commit, row.progress, row.pull_token) == (origin.head, origin.head, {}, None)
    assert row.next_pull_at is not None
    assert 50 < (row.next_pull_at - timezone.now()).total_seconds() <= 60
    assert SchemaVersion.objects.get().commit == origin.head
    assert pull_all() == []


def test_pull__commit_unchanged__nothing_else_is_done(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(origin)
    pull_all()
    monkeypatch.setattr(mirror.Mirror, "fetch", None)

    assert pull_again().outcome == "unchanged"
    assert mine().pulled_at is not None


def test_pull__broken_commit__keeps_the_last_good_state_and_names_file_and_line(origin: Origin) -> None:
    repository(origin)
    pull_all()
    good = origin.head
    origin.commit({"jsonschema/a/b/1.1.0.yaml": schema("/a/b/1.1.0", "properties:\n  x:\n    type: strange\n")})

    assert pull_again().outcome == "refused"
    first = mine()
    assert pull_again().outcome == "unchanged"  # not tried again until it changes
    assert pulling.pull_named(["mine"])[0].outcome == "refused"  # or by hand

    assert served() == ["/a/b/1.0.0"]
    assert (first.commit, first.seen_commit) == (good, origin.head)
    assert (first.problems[0]["path"], first.problems[0]["line"]) == ("jsonschema/a/b/1.1.0.yaml", 6)
    assert first.failed_at is not None

    origin.commit({"jsonschema/a/b/1.1.0.yaml": schema("/a/b/1.1.0")})
    assert pull_again().outcome == "imported"
    assert (mine().failed_at, served()) == (None, ["/a/b/1.0.0", "/a/b/1.1.0"])
    assert [problem["code"] for problem in mine().problems] == ["TYPE-OBJECT-FIELDS"]  # told, and published


def test_pull_named__workers_look_for_work_meanwhile__take_none_of_it(origin: Origin, tmp_path: Path) -> None:
    other = Origin.make(tmp_path / "other")
    other.commit({"jsonschema/z/1.0.0.yaml": schema("/z/1.0.0")})
    repository(origin)
    repository(other, "other", order=1)
    pull_all()
    taken: list[Pulled] = []

    named = pulling.pull_named(["mine", "other"], lambda *_words: taken.extend(pulling.pull_due()))

    assert [(one.name, one.outcome) for one in named] == [("mine", "imported"), ("other", "imported")]
    assert taken == []


def test_pull__new_version_breaks_a_promise__published_and_told_until_others_come(origin: Origin) -> None:
    repository(origin)
    pull_all()
    origin.commit({"jsonschema/a/b/1.1.0.yaml": schema("/a/b/1.1.0", "properties: {x: {type: string}}\nrequired: [x]\n")})

    assert pull_again().outcome == "imported"
    told = mine()
    assert told.failed_at is None
    assert [(one["path"], one["code"]) for one in told.problems] == [("jsonschema/a/b/1.1.0.yaml", "required-field-added")]
    assert pulling.pull_named(["mine"])[0].outcome == "imported"  # nothing new
    assert mine().problems == told.problems

    origin.commit({"jsonschema/a/b/1.2.0.yaml": schema("/a/b/1.2.0", "properties: {x: {type: string}}\n")})
    assert pull_again().outcome == "imported"
    assert mine().problems == []


def test_pull__published_version_changed__refused(origin: Origin) -> None:
    repository(origin)
    pull_all()
    origin.commit({FILE: schema("/a/b/1.0.0", "description: other\n")})

    assert pull_again().outcome == "refused"
    assert [problem["code"] for problem in mine().problems] == ["schema.version_changed"]


def test_pull__history_rewritten__fine_while_no_version_changed(origin: Origin) -> None:
    repository(origin)
    pull_all()
    (origin.path / "jsonschema/a/b/1.1.0.yaml").write_text(schema("/a/b/1.1.0"))
    origin.git("add", "--all")
    origin.git("commit", "--quiet", "--amend", "--message", "rewritten")

    assert pull_again().outcome == "imported"
    assert mine().commit == origin.head
    assert served() == ["/a/b/1.0.0", "/a/b/1.1.0"]


def test_pull__reference_to_a_later_repository__resolved_once_that_is_there(origin: Origin, tmp_path: Path) -> None:
    origin.commit({"jsonschema/c/1.0.0.yaml": schema("/c/1.0.0", "allOf: [{$ref: /z/1.0.0}]\n")})
    other = Origin.make(tmp_path / "other")
    other.commit({"jsonschema/z/1.0.0.yaml": schema("/z/1.0.0", "properties: {x: {type: string}}\n")})
    repository(origin)
    repository(other, "other", order=1)

    assert pull_all() == [("mine", "refused"), ("other", "imported"), ("mine", "imported")]
    assert "/c/1.0.0" in served()


def test_pull__remote_fails__says_why_and_backs_off(origin: Origin) -> None:
    repository(origin, interval_seconds=60)
    pull_all()
    away = origin.path.rename(origin.path.with_name("away"))

    delays = []
    for _ in range(2):
        assert pull_again().outcome == "failed"
        next_pull_at = mine().next_pull_at
        assert next_pull_at is not None
        delays.append(round((next_pull_at - timezone.now()).total_seconds()))

    row = mine()
    assert delays == [60, 120]
    assert (row.pull_trouble["code"], row.pull_failures) == ("repository.remote_absent", 2)
    assert served() == ["/a/b/1.0.0"]

    away.rename(origin.path)
    assert pull_again().outcome == "unchanged"
    assert (mine().pull_trouble, mine().pull_failures) == ({}, 0)


@pytest.mark.parametrize(
    ("interval", "failures", "delay"), [(300, 0, 300), (300, 2, 1200), (300, 99, 3600), (0, 0, 30), (7200, 3, 7200)]
)
def test_delay__of_a_failing_remote__doubles_up_to_an_hour(interval: int, failures: int, delay: int) -> None:
    assert pulling.delay_seconds(interval, failures) == delay


def test_pull__platform_breaks__right_is_given_back(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(origin)
    monkeypatch.setattr("registry.services.import_found", None)

    assert pull_all() == [("mine", "failed")]
    assert mine().pull_trouble["code"] == "repository.pull_failed"
    assert mine().pull_until is None


def test_pull__due__in_declared_order_and_only_what_is_enabled(origin: Origin, tmp_path: Path) -> None:
    for name, order in (("late", 2), ("early", 1), ("off", 0)):
        other = Origin.make(tmp_path / name)
        other.commit({f"jsonschema/{name}/1.0.0.yaml": schema(f"/{name}/1.0.0")})
        repository(other, name, order=order, is_enabled=name != "off")
    Repository.objects.create(name="folder", next_pull_at=timezone.now())
    repository(origin, "later").next_pull_at = None
    Repository.objects.filter(name="later").update(next_pull_at=timezone.now() + timedelta(hours=1))

    assert pull_all() == [("early", "imported"), ("late", "imported")]


def test_pull__credentials__in_no_argument_log_or_row(
    origin: Origin, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    started: list[tuple[Any, Any]] = []
    start = command.Git.start

    def noted(git: command.Git, *words: str, **facts: Any) -> Any:
        started.append((words, git))
        return start(git, *words, **facts)

    monkeypatch.setattr(command.Git, "start", noted)
    row = repository(origin, credentials=seal({"username": "robot", "password": "hunter2hunter2"}))
    Repository.objects.filter(pk=row.pk).update(url="https://git.invalid/hunter/a")

    assert pull_all() == [("mine", "failed")]

    told = f"{[words for words, _ in started]}{caplog.text}{mine().pull_trouble}{[git for _, git in started]}"
    assert "hunter2" not in told
    assert "git.invalid" in told
    assert any("Basic" in value for value in started[-1][1].environment.values())
    assert not list((Path(settings.VAR_DIR) / "repositories").glob("*.private"))


def test_command__refused__names_each_problem_and_fails(origin: Origin, capsys: pytest.CaptureFixture[str]) -> None:
    repository(origin)
    origin.commit({"jsonschema/a/b/1.1.0.yaml": "a: ["})

    with pytest.raises(CommandError, match=r"jsonschema/a/b/1\.1\.0\.yaml:\d+: .*document\.unreadable"):
        call_command("pull_schemas")

    origin.commit({"jsonschema/a/b/1.1.0.yaml": None})
    call_command("pull_schemas", "mine")
    told = capsys.readouterr()
    assert "mine: 1 new, 0 unchanged" in told.out
    assert "mine: fetch" in told.err
    with pytest.raises(CommandError, match="absent"):
        call_command("pull_schemas", "absent")


def test_pull__a_hundred_unchanged__within_five_seconds(origin: Origin, tmp_path: Path) -> None:
    for number in range(100):
        made = repository(origin, f"r{number:03}")
        Repository.objects.filter(pk=made.pk).update(seen_commit=origin.head)
    pulling.pull_due()
    Repository.objects.update(next_pull_at=timezone.now())

    began = time.monotonic()
    outcomes = {outcome for _, outcome in pull_all()}
    took = time.monotonic() - began

    print(f"100 unchanged repositories: {took:.2f} s")  # noqa: T201  # shown by -s, for the note
    assert outcomes == {"unchanged"}
    assert took < 5
    assert threading.active_count() < 50
    assert not Repository.objects.filter(~Q(pull_token=None)).exists()
