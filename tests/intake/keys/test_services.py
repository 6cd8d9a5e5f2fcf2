"""Keys in the database: made, rotated with an overlap, revoked, and known to every process within seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.serializers import serialize
from django.db import DatabaseError, connection
from django.utils import timezone

from eventplatform.guard import key_text
from eventplatform.guard.permit_errors import KeyExpiredError, KeyRevokedError, KeysUnreadError, KeyUnknownError
from intake.keys import lookups, platform_key, services, troubles
from intake.keys.keeper import KeyKeeper, KeysOnDemand
from intake.keys.reading import KeySource
from intake.keys.services import KeyWishRefusedError, Made, Wish
from intake.keys.uses import Uses
from intake.models import KeyAct, ProducerKey
from monitoring import canaries

pytestmark = pytest.mark.slow

WISH = Wish("Page service", ["page_*", "user_change"])


def made(**changes: Any) -> Made:
    return services.make(by="erin", wish=replace(WISH, **changes))


def wait_for(condition: Callable[[], object], seconds: float = 5.0) -> float:
    """How long it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds
        time.sleep(0.01)
    return time.monotonic() - started


def test_make__key__opens_its_streams_and_its_secret_is_kept_nowhere(db: None) -> None:
    new = made()

    key = KeySource().refresh().identify(new.secret, time.time())
    kept = serialize("json", [*ProducerKey.objects.all(), *KeyAct.objects.all()])
    assert (key.id, key.name) == (new.row.pk, "Page service")
    assert key.streams.holds("page_change")
    assert not key.streams.holds("user_block")
    assert new.secret.rpartition("_")[2] not in kept
    assert [(act.verb, act.by) for act in new.row.acts.all()] == [("made", "erin")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "x" * 101},
        {"name": "a\0b"},
        {"streams": []},
        {"streams": ["a b"]},
        {"streams": ["*page"]},
        {"streams": ["<script>"]},
        {"services": ["no/../way?"]},
        {"streams": [f"s{number}" for number in range(201)]},
        {"expires_at": timezone.now()},
        {"events_per_second": 0},
        {"events_per_day": -1},
    ],
)
def test_make__wish_that_makes_no_sense__refused(db: None, wrong: dict[str, Any]) -> None:
    with pytest.raises(KeyWishRefusedError):
        made(**wrong)

    assert not ProducerKey.objects.exists()


def test_rotate__key__both_are_good_until_the_date(db: None) -> None:
    old = made(events_per_second=5)

    new = services.rotate(old.row, by="erin", until=timezone.now() + timedelta(days=7))

    ring, now = KeySource().refresh(), time.time()
    assert ring.identify(old.secret, now).id == old.row.pk
    assert ring.identify(new.secret, now).events_per_second == 5
    with pytest.raises(KeyExpiredError):
        ring.identify(old.secret, now + 8 * 86_400)
    assert ring.identify(new.secret, now + 8 * 86_400).streams.holds("page_change")
    with pytest.raises(KeyWishRefusedError):
        services.rotate(old.row, by="erin", until=timezone.now() + timedelta(days=7))


def test_rotate__key_that_ends_sooner__is_not_made_longer(db: None) -> None:
    end = timezone.now() + timedelta(days=1)
    old = made(expires_at=end)

    services.rotate(old.row, by="erin", until=timezone.now() + timedelta(days=7))

    assert ProducerKey.objects.get(pk=old.row.pk).expires_at == end


def test_change__scope_and_limits__hold_and_are_kept_with_their_author(db: None) -> None:
    new = made()

    services.change(new.row, by="frank", wish=replace(WISH, streams=["only.this"]))

    assert not KeySource().refresh().identify(new.secret, time.time()).streams.holds("page_change")
    act = KeyAct.objects.filter(verb="changed").get()
    assert (act.by, [*act.facts]) == ("frank", ["streams"])


def test_revoke__twice__first_one_counts(db: None) -> None:
    new = made()

    assert services.revoke(new.row, by="frank")
    assert not services.revoke(new.row, by="frank")
    with pytest.raises(KeyRevokedError):
        KeySource().refresh().identify(new.secret, time.time())
    with pytest.raises(KeyWishRefusedError):
        services.change(new.row, by="frank", wish=WISH)


def test_platform_key__every_process__derives_the_same(db: None, settings: Any) -> None:
    secret = platform_key.secret()
    assert KeySource().refresh().identify(secret, time.time()).is_unlimited

    settings.ENCRYPTION_KEYS = ["another-one", *settings.ENCRYPTION_KEYS]

    assert KeySource().refresh().identify(secret, time.time()).name == "platform"
    assert platform_key.secret() != secret


def test_canaries__closed_stream__show_the_platforms_key(db: None) -> None:
    shown = canaries.headers()["authorization"].removeprefix("Bearer ")

    assert KeySource().refresh().identify(shown, time.time()).name == platform_key.NAME


def test_pepper__encryption_key_rotated__keys_hold_until_the_old_one_is_gone(db: None, settings: Any) -> None:
    new, before = made(), list(settings.ENCRYPTION_KEYS)

    settings.ENCRYPTION_KEYS = ["another-one", *before]
    assert KeySource().refresh().identify(new.secret, time.time()).id == new.row.pk
    assert [one.what for one in troubles.troubles()] == [f"The producer key {new.row} hangs on an old encryption key"]

    settings.ENCRYPTION_KEYS = ["another-one"]
    with pytest.raises(KeyUnknownError):
        KeySource().refresh().identify(new.secret, time.time())
    assert [one.level for one in troubles.troubles()] == ["fail"]


def test_source__nothing_changed__asks_one_row(db: None, django_assert_num_queries: Any) -> None:
    source = KeySource()
    made()
    ring = source.refresh()

    with django_assert_num_queries(1):
        assert source.refresh() is ring


def test_keeper__made_and_revoked_by_another_process__known_within_two_seconds(transactional_db: None) -> None:
    keeper = KeyKeeper()
    keeper.start(wait_seconds=5)
    try:
        new = made()
        ring = keeper.ring
        took = wait_for(lambda: _opens(ring(), new.secret))
        services.revoke(new.row, by="frank")
        took_too = wait_for(lambda: not _opens(ring(), new.secret))
    finally:
        keeper.stop()

    assert took < 2
    assert took_too < 2


def test_keeper__database_goes_away__last_known_keys_hold(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    new = made()
    keeper = KeyKeeper(poll_seconds=0.02)
    keeper.start(wait_seconds=5)
    asked: list[int] = []

    def away(_self: KeySource) -> None:
        asked.append(1)
        raise DatabaseError("away")

    try:
        monkeypatch.setattr(KeySource, "refresh", away)
        wait_for(lambda: len(asked) > 3)

        assert _opens(keeper.ring(), new.secret)
    finally:
        monkeypatch.undo()
        keeper.stop()


def test_keeper__its_connection_is_cut__goes_on_by_itself(transactional_db: None) -> None:
    keeper = KeyKeeper(poll_seconds=0.05)
    keeper.start(wait_seconds=5)
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute(cut)
        new = made()

        wait_for(lambda: _opens(keeper.ring(), new.secret))
    finally:
        keeper.stop()


def test_keeper__never_saw_the_database__knows_the_platforms_own_key_alone(
    monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    def away(_self: KeySource) -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(KeySource, "refresh", away)
    keeper, on_demand = KeyKeeper(poll_seconds=0.02), KeysOnDemand()
    keeper.start(wait_seconds=0.1)
    keeper.stop()

    for ring in (keeper.ring(), on_demand.ring()):
        assert ring.identify(platform_key.secret(), time.time()).name == "platform"
        with pytest.raises(KeysUnreadError):
            ring.identify(key_text.new_key().whole, time.time())


def test_keeper__stopped__uses_are_written(transactional_db: None) -> None:
    new = made()
    keeper = KeyKeeper()
    keeper.start(wait_seconds=5)

    keeper.uses.note(new.row.pk)
    keeper.stop()

    assert ProducerKey.objects.get(pk=new.row.pk).last_used_at is not None


def test_uses__many__one_write_a_minute_for_each_key(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    new, uses, now = made(), Uses(), time.time()
    monkeypatch.setattr(time, "time", lambda: now)

    for _ in range(1000):
        uses.note(new.row.pk)
    uses.note(platform_key.keys()[0].id)
    assert uses.write() == 1
    now += 30
    uses.note(new.row.pk)
    assert uses.write() == 0
    now += 31

    assert uses.write() == 1
    assert uses.write() == 0


def test_uses__another_process_saw_it_later__never_back_in_time(db: None) -> None:
    new, uses = made(), Uses()
    later = timezone.now() + timedelta(minutes=5)
    uses.note(new.row.pk)
    ProducerKey.objects.filter(pk=new.row.pk).update(last_used_at=later)

    uses.write()

    assert ProducerKey.objects.get(pk=new.row.pk).last_used_at == later


def test_uses__key_over__its_use_is_told(db: None) -> None:
    new, uses = made(), Uses()
    services.revoke(new.row, by="frank")
    uses.note_refusal(new.row.pk)
    uses.write()

    assert [one.what for one in troubles.troubles()] == [f"The producer key {new.row} is shown though it is over"]


def test_troubles__ends_soon_and_used_after_rotation__are_told(db: None) -> None:
    soon = made(name="Soon", expires_at=timezone.now() + timedelta(days=3))
    fine = made(name="Fine", expires_at=timezone.now() + timedelta(days=90))
    old = made(name="Old")
    services.rotate(old.row, by="erin", until=timezone.now() + timedelta(days=30))
    ProducerKey.objects.filter(pk=old.row.pk).update(last_used_at=timezone.now() + timedelta(seconds=1))

    told = {one.what for one in troubles.troubles()}

    assert told == {
        f"The producer key {soon.row} ends soon",
        f"The producer key {old.row} is still used after its rotation",
    }
    assert lookups.view(ProducerKey.objects.get(pk=fine.row.pk)).state == "good"


def test_reading__ten_thousand_keys__within_a_second(db: None) -> None:
    template = made().row
    template.pk = None
    rows = []
    for number in range(10_000):
        shown = key_text.new_key()
        rows.append(
            ProducerKey(name=f"k{number}", prefix=f"{shown.prefix}{number}", digest="00" * 32, pepper="x", streams=["*"])
        )
    ProducerKey.objects.bulk_create(rows)
    source = KeySource()

    started = time.perf_counter()
    ring = source.refresh()

    assert len(ring) > 10_000
    assert time.perf_counter() - started < 3  # of a machine that is busy; 0.3 s alone
    assert connection.connection is not None


def _opens(ring: Any, secret: str) -> bool:
    try:
        ring.identify(secret, time.time())
    except (KeyUnknownError, KeyRevokedError):
        return False
    return True
