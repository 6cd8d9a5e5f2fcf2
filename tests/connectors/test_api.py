"""The connectors' API: verbs, offsets, validation, secrets, and who may."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connections
from django.test import Client

from connectors import acts, options, services, slices, watcher
from connectors.models import Connector, Lease, Target
from eventplatform.core.records import TopicPartition
from tests.connectors.conftest import Produce
from tests.contracts.stores.files import FilesStore

pytestmark = pytest.mark.slow

ONE = "/api/v1/connectors/files"


class Caller:
    """Somebody with a session."""

    def __init__(self, *permissions: str) -> None:
        self.client = Client()
        user = User.objects.create_user(uuid.uuid4().hex)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        self.client.force_login(user)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        content = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(self.client, method)(path, **content, headers=headers)


@pytest.fixture
def engineer(connector: Connector) -> Caller:
    rows = ("connector", "target")
    return Caller(*(f"{verb}_{row}" for verb in ("add", "change", "delete") for row in rows))


def test_verbs__pause_stop_resume__as_wished(engineer: Caller, connector: Connector) -> None:
    for verb, wanted, state in (("pause", "paused", "paused"), ("stop", "stopped", "stopped"), ("resume", "running", "idle")):
        answer = engineer.call("put", f"{ONE}/{verb}")

        assert answer.status_code == 202, answer.content
        assert (answer.json()["wanted_state"], answer.json()["state"]) == (wanted, state)


def test_verbs__without_permission_or_login__refused(connector: Connector) -> None:
    assert Caller().call("put", f"{ONE}/pause").status_code == 403
    stranger = Client().put(f"{ONE}/pause")
    assert (stranger.status_code, stranger.json()["code"]) == (401, "connectors_api.sign_in_needed")
    assert Connector.objects.get().is_enabled


def test_verbs__what_was_done__stands_with_what_people_did(engineer: Caller, connector: Connector) -> None:
    for method, verb in (("put", "pause"), ("put", "stop"), ("delete", "offsets"), ("put", "resume"), ("post", "restart")):
        assert engineer.call(method, f"{ONE}/{verb}").status_code in (200, 202)

    told = [act.text for act in reversed(acts.of(connector))]
    assert told == ["Changed: paused", "Changed: stopped", "Changed: resumed", "Changed: restarted 0 partitions"]


def test_delete__by_a_program__stands_in_the_admins_log(engineer: Caller) -> None:
    engineer.call("delete", ONE)
    engineer.call("delete", "/api/v1/targets/archive")

    assert LogEntry.objects.filter(action_flag=DELETION).count() == 2


def test_change__paused_between_read_and_save__stays_paused(
    engineer: Caller, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = services._clean

    def meanwhile(row: Any, place: str) -> None:
        services.pause(connector=connector.name, by="somebody else")
        clean(row, place)

    monkeypatch.setattr(services, "_clean", meanwhile)

    assert engineer.call("patch", ONE, {"options": {"flush_rows": 7}}).status_code == 200
    assert not Connector.objects.get().is_enabled


def test_change__several_at_once__one_of_the_same_state_and_none_lost(transactional_db: None, connector: Connector) -> None:
    callers = [Caller("change_connector", "add_connector") for _ in range(4)]
    seen = callers[0].call("get", ONE)["ETag"]
    with ThreadPoolExecutor(4) as threads:

        def all_of(act: Callable[[int, Caller], int]) -> list[int]:
            def one(number: int) -> int:
                try:
                    return act(number, callers[number])
                finally:
                    connections.close_all()

            return sorted(threads.map(one, range(4)))

        tagged = all_of(
            lambda n, who: who.call("patch", ONE, {"options": {"flush_rows": n + 1}}, **{"If-Match": seen}).status_code
        )
        rules = ({"ttl_seconds": 1}, {"records_per_second": 2}, {"mode": "append"}, {"columns": "freeze"})
        free = all_of(lambda n, who: who.call("patch", ONE, {"rules": rules[n]}).status_code)
        body = {"name": "new", "target": "archive", "streams": ["a"]}
        made = all_of(lambda _, who: who.call("post", "/api/v1/connectors", body).status_code)

    assert tagged == [200, 412, 412, 412]
    assert free == [200] * 4
    assert Connector.objects.get(name="files").rules == {key: value for one in rules for key, value in one.items()}
    assert made == [201, 409, 409, 409]


def test_create__initial_state_and_twice__409(engineer: Caller) -> None:
    body = {"name": "second", "target": "archive", "streams": ["a.*"], "initial_state": "stopped"}

    made = engineer.call("post", "/api/v1/connectors", body)
    again = engineer.call("post", "/api/v1/connectors", body)

    assert (made.status_code, made.json()["wanted_state"]) == (201, "stopped")
    assert (again.status_code, again.json()["code"]) == (409, "connectors_api.name_taken")


def test_change__of_another_state_than_seen__412(engineer: Caller) -> None:
    seen = engineer.call("get", ONE)["ETag"]

    first = engineer.call("patch", ONE, {"options": {"flush_rows": 7}}, **{"If-Match": seen})
    second = engineer.call("patch", ONE, {"options": {"flush_rows": 8}}, **{"If-Match": seen})

    assert (first.status_code, first.json()["options"]) == (200, {"flush_age_seconds": 0.01, "flush_rows": 7})
    assert (second.status_code, second.json()["code"]) == (412, "connectors_api.changed_meanwhile")


def test_offsets__stopped__moved_in_the_store_itself(
    engineer: Caller, connector: Connector, produce: Produce, where: TopicPartition, tmp_path: Path
) -> None:
    watcher.reconcile()
    produce("a", "b", "c")
    slices.run(connector.pk, where)
    wish = {"offsets": [{"topic": "test.event", "partition": 0, "offset": 2}]}
    assert engineer.call("patch", f"{ONE}/offsets", wish).json()["code"] == "connectors_api.not_stopped"
    engineer.call("put", f"{ONE}/stop")

    moved = engineer.call("patch", f"{ONE}/offsets", wish)
    beyond = engineer.call("patch", f"{ONE}/offsets", {"offsets": [{**wish["offsets"][0], "offset": 99}]})
    engineer.call("put", f"{ONE}/resume")
    slices.run(connector.pk, where)

    assert moved.json() == wish
    assert beyond.json()["code"] == "log.offset_out_of_range"
    assert FilesStore(tmp_path).texts("test.event") == ["a", "b", "c", "c"]


def test_offsets__reset__begins_with_the_first(
    engineer: Caller, connector: Connector, produce: Produce, where: TopicPartition
) -> None:
    watcher.reconcile()
    produce("a", "b")
    slices.run(connector.pk, where)
    engineer.call("put", f"{ONE}/stop")

    answer = engineer.call("delete", f"{ONE}/offsets")

    assert answer.json() == {"offsets": [{"topic": "test.event", "partition": 0, "offset": 0}]}


def test_restart__only_failed__tries_them_now(engineer: Caller, connector: Connector) -> None:
    watcher.reconcile()
    Lease.objects.update(state="stopped", last_error="bad", attempts=3)
    status = engineer.call("get", f"{ONE}/status").json()
    assert (status["state"], status["tasks"][0]["error"]) == ("failed", "bad")

    assert engineer.call("post", f"{ONE}/restart?onlyFailed=true").status_code == 202

    lease = Lease.objects.get()
    assert (lease.state, lease.attempts) == ("idle", 0)
    assert engineer.call("post", f"{ONE}/restart?onlyFailed=perhaps").status_code == 400


def test_validate__several_wrong_options__all_in_one_answer(engineer: Caller) -> None:
    body = {"options": {"flush_rows": "many", "colour": "red"}, "rules": {"mode": "replace"}, "target": "archive"}

    answer = engineer.call("put", "/api/v1/connector-kinds/files/validate", body)

    found = {(one["pointer"], one["code"]) for one in answer.json()["found"]}
    assert found == {
        ("/options/colour", "option.unknown"),
        ("/options/flush_rows", "option.invalid"),
        ("/rules/mode", "option.invalid"),
    }
    assert answer.json()["error_count"] == 3


def test_kinds__declared__with_help_and_secrets(engineer: Caller) -> None:
    kinds = {one["name"]: one for one in engineer.call("get", "/api/v1/connector-kinds").json()}

    (password,) = [one for one in kinds["postgres"]["target_options"] if one["name"] == "password"]
    assert password["secret"]
    assert password["help"]
    assert engineer.call("get", "/api/v1/connector-kinds/nonsense").json()["code"] == "connector.kind_unknown"


def test_targets__secret__goes_in_and_never_comes_out(engineer: Caller) -> None:
    options_ = {"url": "postgresql://u@localhost/d", "password": "s3cr3t-canary"}

    made = engineer.call("post", "/api/v1/targets", {"name": "db", "kind": "postgres", "options": options_})
    changed = engineer.call("patch", "/api/v1/targets/db", {"options": {"password": options.MASK}})
    listed = engineer.call("get", "/api/v1/targets")

    assert made.status_code == 201, made.content
    for answer in (made, changed, listed):
        assert "s3cr3t-canary" not in answer.content.decode()
    assert made.json()["options"]["password"] == options.MASK
    assert "s3cr3t-canary" not in Target.objects.get(name="db").secrets
    assert Target.objects.get(name="db").secrets


def test_targets__test__says_what_is_wrong(engineer: Caller) -> None:
    wrong = {"url": "postgresql://u@127.0.0.1:1/d", "password": "s3cr3t-canary"}
    engineer.call("post", "/api/v1/targets", {"name": "db", "kind": "postgres", "options": wrong})

    good = engineer.call("post", "/api/v1/targets/archive/test").json()
    bad = engineer.call("post", "/api/v1/targets/db/test")

    assert good["is_ok"], good
    assert not bad.json()["is_ok"]
    assert bad.json()["code"]
    assert "s3cr3t" not in bad.content.decode()


def test_targets__used__not_deleted(engineer: Caller) -> None:
    assert engineer.call("delete", "/api/v1/targets/archive").json()["code"] == "target.used"

    assert engineer.call("delete", ONE).status_code == 204
    assert engineer.call("delete", "/api/v1/targets/archive").status_code == 204
    assert engineer.call("get", ONE).status_code == 404


@pytest.mark.parametrize("body", ["[]", "{", '{"colour": 1}', '{"streams": []}'])
def test_bodies__that_are_none__400(engineer: Caller, body: str) -> None:
    answer = engineer.client.patch(ONE, data=body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["code"]


def test_validate__what_saving_would_refuse__said_too(engineer: Caller) -> None:
    def found(kind: str, **target: str) -> list[str]:
        answer = engineer.call("put", f"/api/v1/connector-kinds/{kind}/validate", {"target_options": target})
        return [f"{one['code']} {one['pointer']}" for one in answer.json()["found"]]

    url = "http://93.184.216.34/in"
    assert found("http", url=url, signing_secret="no such") == ["option.invalid /target_options/signing_secret"]
    assert found("http", url="http://joe:x@93.184.216.34/in") == ["outbound.bad_url /target_options/url"]
    assert found("postgres", url="postgresql://joe:x@db/events") == ["option.word_in_url /target_options/url"]
    assert found("http", url=url) == []
