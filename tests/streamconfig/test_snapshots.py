"""A published change reaches every process within two seconds, and a boundary of time holds from its moment on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from streamconfig import lookups, published, snapshots
from streamconfig.change_control import publishing, requests
from streamconfig.change_control.actors import of_user
from streamconfig.configuration import document as documents
from streamconfig.configuration.changes import changes_between
from streamconfig.configuration.scopes import Scope
from streamconfig.models import Revision
from streamconfig.snapshots import SnapshotKeeper, SnapshotSource
from tests import configuring
from tests.streamconfig.conftest import DOCUMENT
from tests.streamconfig.following import Told, eventually, followers

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def keeper() -> Iterator[SnapshotKeeper]:
    keeper = SnapshotKeeper()
    keeper.start(wait_seconds=10)
    yield keeper
    keeper.stop()


def rate(value: float, **own: Any) -> dict[str, Any]:
    return {"streams": {"ui.click": {**DOCUMENT["streams"]["ui.click"], "sample": {"unit": "session", "rate": value}, **own}}}


def shown(name: str = "ui.click") -> Any:
    return (lookups.snapshot().streams[name].settings.get("sample") or {}).get("rate")


def shows(value: float) -> Callable[[Told], bool]:
    """Whether a follower told that rate."""
    return lambda told: bool(told["rates"]["ui.click"] == value)


def schedule(seconds: float, document: dict[str, Any]) -> datetime:
    """An approved change that holds from that many seconds on."""
    before = lookups.current_document().as_json()
    after = {**before, "streams": {**before["streams"], **document["streams"]}}
    moment = timezone.now() + timedelta(seconds=seconds)
    outcome = requests.propose(
        by=configuring.author_named("tests"), changes=changes_between(before, after), title="Later", effective_at=moment
    )
    for name in configuring.APPROVERS:
        if outcome.request.state == "in_review":
            outcome = requests.approve(outcome.request.pk, by=of_user(configuring.approver(name)), seen=outcome.request.edit)
    assert outcome.request.state == "scheduled"
    return moment


def test_publish__every_process_and_a_polling_client__see_it_within_two_seconds(
    child_environment: dict[str, str], client: Client
) -> None:
    configuring.configure(DOCUMENT)
    delays = []
    with followers(child_environment, "follow", "follow") as found:
        for number in range(1, 6):
            wanted = 0.5 / 2**number
            configuring.configure(rate(wanted))
            published_at = time.time()
            answer = client.get("/w/api.php?action=streamconfigs&streams=ui.click").json()
            assert answer["streams"]["ui.click"]["sample"]["rate"] == wanted
            told = [one.first(shows(wanted)) for one in found]
            assert {one["revision"] for one in told} == {number + 1}
            delays += [one["at"] - published_at for one in told]

    assert max(delays) < 2.0


def test_boundaries__of_a_window_and_a_schedule__hold_in_every_process_at_their_moment(
    child_environment: dict[str, str],
) -> None:
    configuring.configure(DOCUMENT)
    with followers(child_environment, "follow", "follow") as found:
        closes = timezone.now() + timedelta(seconds=2)
        configuring.configure(rate(0.5, windows=[{"until": closes.isoformat()}]))
        changes = schedule(4, rate(0.25, windows=[]))

        closed = [one.first(shows(0)) for one in found]
        changed = [one.first(shows(0.25)) for one in found]

    for told, moment in [*((one, closes) for one in closed), *((one, changes) for one in changed)]:
        assert 0 <= told["at"] - moment.timestamp() < 0.25
    assert len({one["tag"] for one in closed}) == len({one["tag"] for one in changed}) == 1
    assert {one["revision"] for one in changed} == {2}  # the tick that makes it a revision comes later


def test_keeper__without_wakeup__finds_the_change_by_its_poll(keeper: SnapshotKeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "SNAPSHOT_CHANNEL", "nobody_listens")

    configuring.configure(DOCUMENT)

    assert eventually(lambda: keeper.snapshot().revision == 1, seconds=2) <= 2


def test_keeper__runs__is_what_lookups_answer(keeper: SnapshotKeeper) -> None:
    assert lookups.snapshot() is keeper.snapshot()
    assert lookups.age_seconds() < 2

    keeper.stop()

    assert snapshots.running() is None


def test_keeper__nothing_read_yet__says_try_again() -> None:
    with pytest.raises(snapshots.SnapshotMissingError):
        SnapshotKeeper().snapshot()


def test_source__asked_after_a_boundary__is_never_late_though_nobody_refreshed_it() -> None:
    configuring.configure(DOCUMENT)
    source = SnapshotSource()
    published = time.time()
    configuring.configure(rate(0.5, windows=[{"from": "2020-01-01T00:00:00Z"}]))
    took = time.time() - published  # the next one takes as long, whatever else the machine does
    opens = timezone.now() + timedelta(seconds=0.3 + 3 * took)
    configuring.configure(rate(0.5, windows=[{"from": opens.isoformat()}]))
    source.refresh()
    source.prepare()

    seen: dict[float, bool] = {}
    while time.time() < opens.timestamp() + 0.1:
        before = time.time()
        snapshot = source.current
        assert snapshot is not None
        seen[before] = snapshot.streams["ui.click"].is_open

    assert all(is_open == (at >= opens.timestamp()) for at, is_open in seen.items() if abs(at - opens.timestamp()) > 0.002)
    assert set(seen.values()) == {True, False}


def test_scheduled__applied_by_the_tick__is_a_revision_since_its_moment_and_changes_nothing_else() -> None:
    configuring.configure(DOCUMENT)
    moment = schedule(1, rate(0.25))
    tags = [lookups.snapshot().tag]
    eventually(lambda: shown() == 0.25, seconds=2)
    tags.append(lookups.snapshot().tag)

    [made] = requests.apply_due()

    assert (made.revision, Revision.objects.get(number=2).effective_at) == (2, moment)
    assert (shown(), lookups.snapshot().revision) == (0.25, 2)
    assert len({*tags, lookups.snapshot().tag}) == 3


def test_scheduled__cancelled__holds_never() -> None:
    configuring.configure(DOCUMENT)
    schedule(1.5, rate(0.25))
    assert lookups.snapshot().timeline.boundaries
    [waiting] = lookups.snapshot().timeline.scheduled

    requests.cancel(waiting.number, by=configuring.author_named("tests"), seen=1)

    assert lookups.snapshot().timeline.boundaries == ()
    assert lookups.snapshot().valid_until is None


def test_stream_set__past_present_and_future() -> None:
    configuring.configure(DOCUMENT)
    first = timezone.now()
    configuring.configure(rate(0.4))
    due = schedule(1, rate(0.3))
    eventually(lambda: shown() == 0.3, seconds=2)
    between = timezone.now()
    configuring.configure({"streams": {"page.change": {**DOCUMENT["streams"]["page.change"], "is_enabled": False}}})
    requests.apply_due()
    future = schedule(3600, rate(0.1))

    def at(moment: datetime) -> tuple[Any, bool, int]:
        found, revision = lookups.stream_set(at=moment)
        return found.select(["ui.click"])["ui.click"]["sample"]["rate"], found.streams["page.change"].is_enabled, revision

    assert at(first) == (0.5, True, 1)
    assert at(due - timedelta(milliseconds=1)) == (0.4, True, 2)
    assert at(between) == (0.3, True, 3)  # obeyed before it was a revision; what the next one says came later
    assert at(timezone.now()) == (0.3, False, 4)
    assert at(future) == (0.1, False, 4)
    assert lookups.stream_set()[0].select(["ui.click"])["ui.click"]["sample"]["rate"] == 0.3
    assert len(lookups.stream_set(at=datetime(2000, 1, 1, tzinfo=UTC))[0]) == 0


def test_scope__is_made_once_for_a_snapshot() -> None:
    overrides = {"+enwiki": {"streams": {"ui.click": {"sample": {"rate": 0.125}}}}}
    configuring.configure({**DOCUMENT, "overrides": overrides})

    config = lookups.snapshot()

    assert config.scoped(Scope("enwiki")) is config.scoped(Scope("enwiki"))
    assert config.scoped(None) is config.stream_set
    assert config.scoped(Scope("enwiki")).select(["ui.click"])["ui.click"]["sample"]["rate"] == 0.125
    assert lookups.stream_set(scope=Scope("enwiki"))[0] is config.scoped(Scope("enwiki"))
    for number in range(300):
        config.scoped(Scope(f"wiki{number}"))
    assert len(config._scoped) <= 100


def test_environment__decides_which_overrides_hold(settings: Any) -> None:
    overrides = {"staging:+*": {"streams": {"ui.click": {"sample": {"rate": 1}}}}}
    configuring.configure({**DOCUMENT, "overrides": overrides})
    assert shown() == 0.5

    settings.ENVIRONMENT = "staging"
    source = SnapshotSource()

    assert source.refresh().streams["ui.click"].settings["sample"]["rate"] == 1


def test_read__after_more_revisions__takes_unchanged_entries_over_and_finds_the_same() -> None:
    configuring.configure(DOCUMENT)
    known = published.read()
    configuring.configure(rate(0.25))
    configuring.configure({"streams": {"new": {"schema_title": "n"}}, "teams": {"web": {"title": "Web"}}})
    configuring.publish(lambda before: before.without(["page.change"]))

    found = published.read(known)

    assert found.document == documents.read(Revision.objects.get(number=4).document) == published.read().document
    assert found.document.get("/^job\\..+/") is known.document.get("/^job\\..+/")
