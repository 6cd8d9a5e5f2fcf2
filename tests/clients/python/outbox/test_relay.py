"""The relay over rows that transactions wrote: what is sent, in which order, what waits, what is parked."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from eventclient.outbox import Relay
from eventclient.outbox.fates import SENT, Fate
from eventclient.outbox.sqlalchemy import publish
from tests.clients.python.outbox.conftest import Outbox, ToldCourier

AGAIN = Fate("again", retry_after_seconds=3600)
REFUSED = Fate("refused", "event.invalid", "/n", "It must be text.", "Mend it.")


def now() -> datetime:
    return datetime.now(UTC)


def make_due(outbox: Outbox) -> None:
    """As if all pauses were over."""
    with outbox.engine.begin() as connection:
        connection.execute(outbox.table.update().values(due_at=now() - timedelta(seconds=1)))


def test_publish__rolled_back__nothing_is_sent(outbox: Outbox) -> None:
    courier = ToldCourier()
    with Session(outbox.engine) as session:
        publish(session, "test.event", {"n": 1}, table=outbox.table)
        session.rollback()

    Relay(outbox.store, courier).once()

    assert courier.batches == []


def test_publish__committed__sent_once_with_its_id(outbox: Outbox) -> None:
    courier = ToldCourier()
    with Session(outbox.engine) as session:
        event_id = publish(session, "test.event", {"n": 1}, table=outbox.table)
        Relay(outbox.store, courier).once()
        assert courier.batches == []  # nobody sees it before the commit
        session.commit()

    relay = Relay(outbox.store, courier)
    relay.once()
    relay.once()

    assert courier.batches == [[1]]
    [row] = outbox.rows()
    assert (row.event_id, row.state, row.tries) == (event_id, "sent", 1)


def test_relay__more_than_a_batch__all_in_their_order(outbox: Outbox) -> None:
    outbox.write(*range(25))
    courier = ToldCourier()

    Relay(outbox.store, courier, batch=10).once()

    assert courier.sent == list(range(25))
    assert [len(batch) for batch in courier.batches] == [10, 10, 5]


def test_relay__refused__parked_with_code_place_and_remedy_until_requeued(outbox: Outbox) -> None:
    outbox.write(1, 2)
    relay = Relay(outbox.store, ToldCourier(lambda number: REFUSED if number == 1 else SENT))

    relay.once()

    first, second = outbox.rows()
    assert (first.state, first.code, first.pointer, first.message, first.remedy) == (
        "refused",
        "event.invalid",
        "/n",
        "It must be text.",
        "Mend it.",
    )
    assert second.state == "sent"
    assert relay.counts["refused"] == 1
    assert outbox.store.requeue("other.code", now()) == 0
    assert outbox.store.requeue("event.invalid", now()) == 1
    Relay(outbox.store, ToldCourier()).once()
    assert [row.state for row in outbox.rows()] == ["sent", "sent"]


def test_relay__again__waits_its_pause_and_is_tried_with_the_same_body(outbox: Outbox) -> None:
    outbox.write(1)
    away, there = ToldCourier(lambda _: AGAIN), ToldCourier()

    Relay(outbox.store, away).once()
    before = outbox.rows()[0]
    Relay(outbox.store, there).once()
    assert there.batches == []
    make_due(outbox)
    Relay(outbox.store, there).once()

    after = outbox.rows()[0]
    assert timedelta(seconds=3500) < before.due_at - now() <= timedelta(seconds=3600)
    assert (after.state, after.tries, after.body, after.event_id) == ("sent", 2, before.body, before.event_id)


def test_relay__one_key__one_after_another_and_others_not_held_up(outbox: Outbox) -> None:
    outbox.write(1, 2, 3, key="page 7")
    outbox.write(10, 11, key="page 8")
    outbox.write(20)
    is_away = [True]
    courier = ToldCourier(lambda number: AGAIN if number == 2 and is_away[0] else SENT)
    relay = Relay(outbox.store, courier)

    relay.once()
    assert sorted(courier.sent) == [1, 2, 10, 11, 20]
    is_away[0] = False
    make_due(outbox)
    relay.once()

    assert [number for number in courier.sent if number < 10] == [1, 2, 2, 3]


def test_relay__refused_within_a_key__the_next_goes_on(outbox: Outbox) -> None:
    outbox.write(1, 2, key="a")
    courier = ToldCourier(lambda number: REFUSED if number == 1 else SENT)

    Relay(outbox.store, courier).once()

    assert courier.sent == [1, 2]


def test_claim__taken_and_never_settled__comes_back_after_the_lease(outbox: Outbox) -> None:
    outbox.write(1)
    moment = now()
    [entry] = outbox.store.claim("dead", 10, moment, moment + timedelta(seconds=60))

    assert outbox.store.claim("next", 10, moment + timedelta(seconds=59), moment) == []
    later = moment + timedelta(seconds=61)
    [again] = outbox.store.claim("next", 10, later, later + timedelta(seconds=60))

    assert (again.row, again.body, again.tries) == (entry.row, entry.body, 2)


def test_settle__too_late__not_heard(outbox: Outbox) -> None:
    outbox.write(1)
    moment = now()
    relay = Relay(outbox.store, ToldCourier(), lease=timedelta(0))
    [entry] = outbox.store.claim("slow", 10, moment, moment)
    outbox.store.claim("quick", 10, now(), now() + timedelta(seconds=60))

    relay._settle("slow", [entry])

    assert relay.counts["late"] == 1
    assert outbox.rows()[0].state == "waiting"


def test_clean__sent_long_ago__deleted_and_the_rest_stays(outbox: Outbox) -> None:
    outbox.write(1, 2, 3)
    Relay(outbox.store, ToldCourier({1: SENT, 2: REFUSED, 3: AGAIN}.__getitem__)).once()

    kept = Relay(outbox.store, ToldCourier()).clean()
    cleaned = Relay(outbox.store, ToldCourier(), keep=timedelta(seconds=-1)).clean()

    assert (kept, cleaned) == (0, 1)
    assert [row.state for row in outbox.rows()] == ["refused", "waiting"]


def test_counts__of_each_state_and_the_longest_wait(outbox: Outbox) -> None:
    outbox.write(1, 2, 3, 4)
    Relay(outbox.store, ToldCourier({1: SENT, 2: REFUSED, 3: AGAIN, 4: AGAIN}.__getitem__)).once()

    found = outbox.store.counts(now() + timedelta(seconds=100))

    assert (found.waiting, found.sent, found.refused) == (2, 1, 1)
    assert 100 <= found.oldest_waiting_seconds < 130


def test_run__database_away_for_a_while__goes_on(in_file: Outbox) -> None:
    in_file.write(1)
    stop, failures = threading.Event(), [OperationalError("", {}, Exception())] * 2
    courier = ToldCourier(lambda _: stop.set() or SENT)  # type: ignore[func-returns-value]  # set answers None
    store = in_file.store
    claim = store.claim

    def sometimes(*given: Any) -> Any:
        if failures:
            raise failures.pop()
        return claim(*given)

    store.claim = sometimes  # type: ignore[assignment,method-assign]  # the failure is the test
    Relay(store, courier, idle_seconds=0.01).run(stop)

    assert courier.sent == [1]


@pytest.mark.slow
def test_relay__ten_thousand_rows_and_two_relays__each_sent_once(outbox: Outbox) -> None:
    with outbox.engine.begin() as connection:
        for number in range(10_000):
            publish(connection, "test.event", {"n": number}, table=outbox.table)
    couriers = [ToldCourier(), ToldCourier()]
    relays = [threading.Thread(target=Relay(outbox.store, courier, batch=500).once) for courier in couriers]

    for relay in relays:
        relay.start()
    for relay in relays:
        relay.join(60)
    Relay(outbox.store, couriers[0]).once()

    sent = Counter(couriers[0].sent + couriers[1].sent)
    assert (len(sent), max(sent.values())) == (10_000, 1)
    assert outbox.store.counts(now()).waiting == 0
