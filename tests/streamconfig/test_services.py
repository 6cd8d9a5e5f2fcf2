"""Publishing: whole or not at all, a revision each, nothing lost between two writers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from streamconfig import lookups, services
from streamconfig.change_control import requests
from streamconfig.change_control.actors import of_user
from streamconfig.change_control.errors import ConflictError
from streamconfig.configuration import document as documents
from streamconfig.configuration import setting_types
from streamconfig.configuration.changes import chain_hash, changes_between, key_moves
from streamconfig.configuration.document import DocumentInvalidError
from streamconfig.configuration.setting_types import Check
from streamconfig.configuration.stream_set import StreamSet
from streamconfig.models import Defaults, Revision, Stream
from tests import configuring
from tests.streamconfig.conftest import DOCUMENT

pytestmark = pytest.mark.slow


def rate(name: str, rate: float) -> dict[str, object]:
    return {"streams": {name: {**DOCUMENT["streams"][name], "sample": {"unit": "session", "rate": rate}}}}


def test_import__new_streams__are_published_as_one_revision(streams: None) -> None:
    snapshot = lookups.snapshot()

    assert snapshot.revision == 1
    assert list(snapshot.streams) == ["page.change", "ui.click"]
    assert snapshot.streams["ui.click"].sampling is not None
    assert snapshot.streams["page.change"].consumers["warehouse"]["enabled"] is True
    assert Stream.objects.get(name="ui.click").sampling_rate == 0.5
    assert lookups.export() == DOCUMENT


def test_import__the_same_again__publishes_nothing(streams: None) -> None:
    assert configuring.configure(DOCUMENT, author="tests", reason="") is None
    assert Revision.objects.count() == 1


def test_import__part_of_the_streams__leaves_the_others(streams: None) -> None:
    configuring.configure(rate("ui.click", 0.25), author="ann", reason="less is enough")

    revision = Revision.objects.get(number=2)
    assert len(lookups.snapshot().streams) == 2
    fields = [{"path": "sample.rate", "keys": ["sample", "rate"], "was": 0.5, "becomes": 0.25}]
    assert revision.changes == [{"section": "streams", "name": "ui.click", "kind": "changed", "fields": fields}]
    assert (revision.author, revision.reason) == ("ann", "less is enough")


def test_import__complete_document__removes_what_it_does_not_name(streams: None) -> None:
    configuring.configure(rate("ui.click", 0.25), author="ann", reason="", is_complete=True)

    assert list(lookups.snapshot().streams) == ["ui.click"]
    assert not Stream.objects.filter(name="page.change").exists()


def test_import__bad_entry__refuses_all_and_names_every_place(streams: None) -> None:
    document = {"streams": {"a": {"sample": {"rate": 5}}, "b c": {}, "d": {"canary_events_enabled": "yes"}}}

    with pytest.raises(DocumentInvalidError) as caught:
        configuring.configure(document, author="ann", reason="")

    places = [(one.stream, one.pointer) for one in caught.value.problems]
    assert places == [("a", "/sample/rate"), ("b c", ""), ("d", "/canary_events_enabled")]
    assert lookups.snapshot().revision == 1


def test_defaults__changed__reach_every_stream_and_its_row(streams: None) -> None:
    configuring.publish(
        services.with_defaults({"canary_events_enabled": False, "topic_prefixes": ["a."]}), author="ann", reason=""
    )

    assert lookups.snapshot().streams["page.change"].topics == ("a.page.change",)
    assert not Stream.objects.get(name="page.change").canary_events_enabled
    assert Stream.objects.get(name="page.change").revision == 1  # its own settings are as they were
    assert Defaults.objects.get().revision == 2


def test_disabled__stream__stops_clients_and_intake(streams: None) -> None:
    configuring.switch(["ui.click"], is_enabled=False, author="ann", reason="too loud")

    stream = lookups.snapshot().streams["ui.click"]
    assert not stream.is_enabled
    assert stream.settings["sample"] == {"unit": "session", "rate": 0}
    assert stream.sampling is not None
    assert stream.sampling.rate == 0.5  # what holds again once it is on


def test_save__read_before_another_change__is_refused(streams: None) -> None:
    entry = Stream.objects.get(name="ui.click").entry
    configuring.configure(rate("ui.click", 0.25), author="ben", reason="")

    changed = replace(entry, settings={**entry.settings, "sample": {"unit": "session", "rate": 0.1}})
    with pytest.raises(ConflictError, match=r"streams ui\.click sample\.rate"):
        configuring.publish(services.with_stream(changed, is_new=False), author="ann", base_revision=1)
    assert lookups.snapshot().streams["ui.click"].settings["sample"]["rate"] == 0.25


def test_save__new_stream_with_a_taken_name__is_refused(streams: None) -> None:
    entry = Stream.objects.get(name="ui.click").entry

    with pytest.raises(services.StreamExistsError):
        configuring.save(entry, author="ann", reason="", is_new=True)


def test_remove__unknown_stream__is_refused(streams: None) -> None:
    with pytest.raises(services.StreamMissingError):
        configuring.publish(services.without_streams(["nobody"]), author="ann", reason="")


def test_revisions__form_a_chain_that_a_change_would_break(streams: None) -> None:
    configuring.configure(rate("ui.click", 0.25), author="ann", reason="")
    configuring.configure(rate("ui.click", 0.125), author="ben", reason="")

    assert lookups.broken_revision() is None
    newest = Revision.objects.get(number=3)
    facts: dict[str, Any] = {
        "number": 3,
        "created_at": newest.created_at,
        "author": "eve",
        "reason": newest.reason,
        "document_text": newest.document_text,
    }
    assert chain_hash(previous=newest.previous_hash, **facts) != newest.hash  # another author, another hash
    facts["author"] = "ben"
    assert chain_hash(previous=newest.previous_hash, **facts) == newest.hash
    moved = newest.created_at + timedelta(hours=1)
    assert chain_hash(previous=newest.previous_hash, effective_at=moved, **facts) != newest.hash  # nor another moment


@pytest.mark.parametrize("verb", [lambda: Revision.objects.update(author="eve"), lambda: Revision.objects.all().delete()])
def test_revisions__changed_behind_our_back__are_refused_by_the_database(streams: None, verb: Callable[[], object]) -> None:
    with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
        verb()


@pytest.mark.django_db(transaction=True)
def test_publish__eight_at_once__none_is_lost() -> None:
    configuring.configure({"streams": {f"s{n}": {} for n in range(8)}}, author="tests", reason="")
    begin = threading.Barrier(8)

    def publish(number: int) -> None:
        begin.wait()
        name = f"s{number}"
        configuring.configure({"streams": {name: {"sample": {"rate": 0.5}}}}, author=name, reason="")
        connection.close()

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(Revision.objects.values_list("number", flat=True)) == list(range(1, 10))
    rates = [stream.sampling.rate for stream in lookups.fresh_snapshot().streams.values() if stream.sampling]
    assert rates == [0.5] * 8
    assert lookups.broken_revision() is None


def test_snapshot__entry_gone_bad__leaves_the_others(streams: None) -> None:
    document = lookups.current_document()
    bad = replace(document.entries[1], settings={"sample": {"rate": "all"}})

    found = StreamSet(document.with_entries([bad]))

    assert list(found.streams) == ["page.change"]
    assert [problem.pointer for problem in found.problems] == ["/sample/rate"]


@pytest.fixture
def broken(streams: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that was fine when it was published, and is not since a rule was made stricter."""
    configuring.configure({"streams": {"old": {"schema_title": "old", "producers": {"eventgate": {"use_edge_uniques": True}}}}})
    strict = {
        **setting_types.CHECKS,
        ("producers", "eventgate", "use_edge_uniques"): Check(lambda _: False, "is no more.", "No."),
    }
    monkeypatch.setattr(setting_types, "CHECKS", strict)
    monkeypatch.setattr(lookups, "_documents", {})  # as a new process has it
    lookups.forget()


def test_publish__of_another_stream__keeps_one_that_can_not_be_used_any_more(broken: None) -> None:
    assert lookups.current_document().get("old") is None

    configuring.configure(rate("ui.click", 0.25))

    kept = Revision.objects.latest("number").document["streams"]["old"]
    assert kept["producers"] == {"eventgate": {"use_edge_uniques": True}}
    assert [problem.stream for problem in lookups.current_document().problems] == ["old"]


def test_publish__of_one_that_can_not_be_used_any_more__mends_or_removes_it(broken: None) -> None:
    entry, _ = documents.read_entry("old", {"schema_title": "old"})
    assert entry is not None

    configuring.save(entry, is_new=False)
    assert lookups.current_document().problems == ()
    configuring.publish(services.without_streams(["old"]))

    assert "old" not in Revision.objects.latest("number").document["streams"]


def test_publish__keys_of_another_stream_moved__every_reader_has_their_new_order(streams: None) -> None:
    lookups.fresh_snapshot()  # a process that runs already, and reads later revisions over this one
    before = lookups.current_document()
    held, wanted = before.as_json(), before.as_json()
    wanted["streams"]["ui.click"] = {**wanted["streams"]["ui.click"], "sample": {"unit": "session", "rate": 0.25}}
    wanted["streams"]["page.change"] = dict(reversed(wanted["streams"]["page.change"].items()))
    changes = [*changes_between(held, wanted), *key_moves(held, wanted, but=documents.OWN_KEYS)]

    outcome = requests.propose(by=configuring.author_named("ann"), changes=changes, title="To the letter")
    for name in configuring.APPROVERS:
        if outcome.published is None:
            outcome = requests.approve(outcome.request.pk, by=of_user(configuring.approver(name)), seen=outcome.request.edit)

    order = ["message_key_fields", "destination_event_service", "schema_title"]
    published = Revision.objects.latest("number").document["streams"]["page.change"]
    running = lookups.fresh_snapshot().stream_set.configured("page.change")
    assert [key for key in published if key in order] == order
    assert running is not None
    assert list(running.entry.settings) == order
    entry = lookups.current_document().get("page.change")
    assert entry is not None
    assert list(entry.settings) == order


def test_publish__stream_that_can_not_be_used_removed__its_row_is_gone(broken: None) -> None:
    configuring.publish(services.without_streams(["old"]))

    assert not Stream.objects.filter(name="old").exists()
