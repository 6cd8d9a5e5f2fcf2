"""Limits by key, stream and address: bursts, refill, fairness, bounded memory. Row 16 of the security table."""

from __future__ import annotations

import pytest

from eventplatform.core.errors import RejectedError
from eventplatform.core.services import Limits, Service
from eventplatform.guard.buckets import Buckets
from eventplatform.guard.permits import (
    AddressRateError,
    KeyQuotaError,
    KeyRateError,
    LimitedError,
    Permit,
    StreamQuotaError,
    StreamRateError,
)
from eventplatform.guard.quotas import Quotas
from tests.guard.guarding import Clock, Guarding, head, made, stream

SERVICE = Service("main")
PLAIN = stream()


def sent(permit: Permit, events: int) -> tuple[int, LimitedError | None]:
    """How many of a request's events were let in, and the last refusal."""
    taken, last = 0, None
    for _ in range(events):
        try:
            permit.allow(PLAIN)
        except LimitedError as error:
            last = error
        else:
            taken += 1
    return taken, last


def tried(guarding: Guarding, secret: str = "", peer: str = "192.0.2.7") -> type[RejectedError] | None:
    """One request of one event: why it was refused."""
    try:
        guarding.guard.permit(head(key=secret, peer=peer), SERVICE).allow(PLAIN)
    except RejectedError as error:
        return type(error)
    return None


def test_key__batch_beyond_its_limit__the_rest_is_429_with_the_time_to_wait() -> None:
    key, secret = made(events_per_second=10)
    guarding = Guarding(keys=[key])

    taken, last = sent(guarding.guard.permit(head(key=secret), SERVICE), 25)

    assert taken == 10
    assert isinstance(last, KeyRateError)
    assert (last.http_status, last.outcome, last.retry_after_seconds) == (429, "limited", 1)
    assert str(last) == f"Too many events: the producer key {key.prefix} is limited to 10 events a second."


def test_key__used_up__refused_before_the_body_and_let_in_again_later() -> None:
    key, secret = made(events_per_second=10)
    guarding = Guarding(keys=[key])
    sent(guarding.guard.permit(head(key=secret), SERVICE), 10)

    with pytest.raises(KeyRateError):
        guarding.guard.permit(head(key=secret), SERVICE)
    guarding.clock.now += 0.35

    assert sent(guarding.guard.permit(head(key=secret), SERVICE), 10)[0] == 3


def test_request__without_events__costs_one_all_the_same() -> None:
    guarding = Guarding(address_events_per_second=5)

    for _ in range(5):
        guarding.guard.permit(head(), SERVICE)

    with pytest.raises(AddressRateError):
        guarding.guard.permit(head(), SERVICE)


def test_address__ipv6__a_customer_has_one_bucket() -> None:
    guarding = Guarding(address_events_per_second=2)

    refused = [tried(guarding, peer=f"2001:db8::{number:x}") for number in range(4)]

    assert refused == [None, None, AddressRateError, AddressRateError]
    assert tried(guarding, peer="2001:db8:0:1::1") is None


def test_address__with_a_key__the_keys_limit_holds_instead() -> None:
    key, secret = made()
    guarding = Guarding(keys=[key], address_events_per_second=1)

    assert [tried(guarding, secret) for _ in range(5)] == [None] * 5


def test_address__guesses_keys__is_limited_too() -> None:
    guarding = Guarding(address_events_per_second=3)

    refused = [tried(guarding, made()[1]) for _ in range(5)]

    assert [error.__name__ for error in refused if error] == ["KeyUnknownError"] * 3 + ["AddressRateError"] * 2


@pytest.mark.parametrize(
    ("limits", "with_key", "error"),
    [
        (Limits(address_events_per_second=3), False, AddressRateError),
        (Limits(key_events_per_second=3), True, KeyRateError),
        (Limits(key_events_per_day=3), True, KeyQuotaError),
    ],
)
def test_service__its_limits__hold_at_the_door_for_all_services_too(
    limits: Limits, error: type[LimitedError], *, with_key: bool
) -> None:
    key, secret = made()
    theirs = stream("click", "browsers")
    browsers = Service("browsers", limits=limits)
    guarding = Guarding(theirs, stream("page", "main"), keys=[key], services=[browsers, SERVICE])
    shown = secret if with_key else ""
    guarding.guard.permit(head(key=shown), browsers).allow(theirs)

    permit = guarding.guard.permit(head(key=shown), Service())
    permit.allow(theirs)
    permit.allow(theirs)
    with pytest.raises(error):
        permit.allow(theirs)
    permit.allow(stream("page", "main"))


def test_key__its_own_limit__is_taken_once_at_the_door_for_all_services() -> None:
    key, secret = made(events_per_second=4)
    theirs = stream("click", "browsers")
    guarding = Guarding(theirs, keys=[key], services=[Service("browsers", limits=Limits(key_events_per_second=1))])
    permit = guarding.guard.permit(head(key=secret), Service())

    for _ in range(4):
        permit.allow(theirs)

    with pytest.raises(KeyRateError):
        permit.allow(theirs)


def test_stream__limit_for_all_clients__names_the_stream() -> None:
    limited = stream(events_per_second=3)
    guarding = Guarding(limited)

    outcomes = []
    for number in range(5):
        try:
            guarding.guard.permit(head(peer=f"192.0.2.{number}"), SERVICE).allow(limited)
        except StreamRateError as error:
            outcomes.append(str(error))
        else:
            outcomes.append("")

    assert outcomes == [""] * 3 + ["Too many events: the stream test.event is limited to 3 events a second."] * 2


def test_stream__refused__costs_the_key_nothing() -> None:
    limited = stream("small", events_per_second=1)
    key, secret = made(events_per_second=10)
    permit = Guarding(limited, keys=[key]).guard.permit(head(key=secret), SERVICE)
    for _ in range(5):
        try:
            permit.allow(limited)
        except StreamRateError:
            continue

    assert sent(permit, 20)[0] == 9


def test_service__limits_for_its_keys__hold_for_each_of_them() -> None:
    (one, its), (other, others) = made(1), made(2)
    guarding = Guarding(keys=[one, other])
    service = Service("main", limits=Limits(key_events_per_second=4))

    assert [sent(guarding.guard.permit(head(key=key), service), 9)[0] for key in (its, others)] == [4, 4]


def test_quota__day_used_up__until_midnight_utc() -> None:
    key, secret = made(events_per_day=5)
    guarding = Guarding(keys=[key])
    guarding.clock.now = 1_800_000_000 // 86_400 * 86_400 + 82_800.0  # an hour before midnight

    taken, last = sent(guarding.guard.permit(head(key=secret), SERVICE), 7)
    guarding.clock.now += 3600

    assert taken == 5
    assert isinstance(last, KeyQuotaError)
    assert last.retry_after_seconds == 3600
    assert sent(guarding.guard.permit(head(key=secret), SERVICE), 7)[0] == 5


def test_quota__of_a_stream__for_all_together() -> None:
    limited = stream(events_per_day=2)
    permit = Guarding(limited).guard.permit(head(), SERVICE)
    permit.allow(limited)
    permit.allow(limited)

    with pytest.raises(StreamQuotaError):
        permit.allow(limited)


def test_platform_key__streams_limit_used_up__canaries_pass() -> None:
    limited = stream(events_per_second=1, origins=(), allows_anonymous=False)
    key, secret = made(is_unlimited=True)
    permit = Guarding(limited, keys=[key], key_events_per_second=1).guard.permit(head(key=secret), SERVICE)

    for _ in range(100):
        permit.allow(limited)


def test_tenants__one_sends_ten_times_its_limit__the_others_lose_nothing() -> None:
    keys = [made(number, events_per_second=20) for number in range(10)]
    guarding = Guarding(keys=[key for key, _ in keys])
    taken, refused = dict.fromkeys(range(10), 0), dict.fromkeys(range(10), 0)

    for _ in range(1000):  # ten seconds, in hundredths
        guarding.clock.now += 0.01
        for number, (_, secret) in enumerate(keys):
            for _ in range(2 if number == 0 else guarding.clock.now * 100 % 10 < 1):
                outcome = tried(guarding, secret)
                taken[number] += outcome is None
                refused[number] += outcome is KeyRateError

    assert 190 <= taken[0] <= 221
    assert refused[0] > 1700
    assert all(refused[number] == 0 and taken[number] >= 95 for number in range(1, 10))


def test_buckets__flood_of_addresses__memory_is_bounded_and_nobody_gets_a_fresh_one() -> None:
    clock = Clock()
    buckets = Buckets("address", clock=clock, burst_seconds=1.0, most=100)
    spender = buckets.of("spender", 10)
    spender.take(10)

    for number in range(10_000):
        newcomer = buckets.of(f"address {number}", 10)
        if not newcomer.missing_seconds(clock.now):
            newcomer.take()
        clock.now += 0.000_001

    assert len(buckets) <= 100
    assert buckets.of("spender", 10) is spender
    assert spender.missing_seconds(clock.now) > 0
    assert buckets.of("one more", 10) is buckets.of("another", 10)  # newcomers share what there is


def test_buckets__flood_is_over__newcomers_have_their_own_again() -> None:
    clock = Clock()
    buckets = Buckets("address", clock=clock, burst_seconds=1.0, most=10)
    for number in range(20):
        buckets.of(number, 1).take()
    clock.now += 5

    assert buckets.of("one", 1) is not buckets.of("other", 1)


def test_buckets__limit_changed__holds_from_now_on() -> None:
    clock = Clock()
    buckets = Buckets("key", clock=clock, burst_seconds=1.0)
    buckets.of("key", 100)

    assert buckets.of("key", 10).tokens == 10


def test_quotas__names_that_clients_choose__are_bounded() -> None:
    quotas = Quotas(Clock(), most=3)
    for number in range(10):
        quotas.of(number, 5).take()

    assert len([*quotas]) == 4
    assert quotas.of(7, 5) is quotas.of(8, 5)


def test_clock__goes_backwards__no_tokens_are_lost() -> None:
    clock = Clock()
    bucket = Buckets("key", clock=clock, burst_seconds=1.0).of("key", 10)
    bucket.take(10)

    assert bucket.missing_seconds(clock.now - 100) == pytest.approx(0.1)
