"""Producer keys at the door: who is let in, where to, and what a stranger learns. Row 13 of the security table."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from eventplatform.core.services import Service
from eventplatform.guard import key_text
from eventplatform.guard.keys import KeyRing, Scope
from eventplatform.guard.permit_errors import (
    KeyExpiredError,
    KeyMissingError,
    KeyNotForServiceError,
    KeyNotForStreamError,
    KeyRefusedError,
    KeyRevokedError,
    KeysUnreadError,
    KeyUnknownError,
)
from eventplatform.guard.permits import NOTHING_ASKED
from tests.guard.guarding import NOW, PEPPERS, Guarding, head, made, stream

SERVICE = Service("main")


def test_new_key__made__has_prefix_and_256_bits() -> None:
    one, other = key_text.new_key(), key_text.new_key()

    assert one.whole.startswith(f"epk_{one.prefix}_")
    assert len(one.whole.removeprefix(f"epk_{one.prefix}_")) == 43
    assert one != other
    assert key_text.read_key(one.whole) == one


def test_ring__good_key__is_identified_and_its_secret_is_nowhere() -> None:
    key, secret = made()

    assert KeyRing([key], PEPPERS).identify(secret, NOW) is key
    assert secret not in repr(key)
    assert secret.rpartition("_")[2].encode() not in key.digest


@pytest.mark.parametrize(
    "spoil",
    [
        lambda secret: secret[:-1],
        lambda secret: secret + "A",
        lambda secret: secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        lambda secret: secret.upper(),
        lambda secret: secret.replace("epk_", "ep_"),
        lambda secret: "epk_zzzzzzzz_" + secret.split("_", 2)[2],
        lambda secret: f" {secret}",
        lambda _: "",
        lambda _: "epk__",
        lambda _: "epk_" + "\N{GREEK SMALL LETTER ALPHA}" * 50,
        lambda _: "x" * 100_000,
    ],
)
def test_ring__anything_else__is_unknown(spoil: Callable[[str], str]) -> None:
    key, secret = made()

    with pytest.raises(KeyUnknownError):
        KeyRing([key], PEPPERS).identify(spoil(secret), NOW)


@pytest.mark.parametrize(
    ("facts", "error"),
    [({"expires_at": NOW}, KeyExpiredError), ({"is_revoked": True}, KeyRevokedError)],
)
def test_ring__expired_or_revoked__says_so_only_to_who_has_the_secret(
    facts: dict[str, Any], error: type[KeyRefusedError]
) -> None:
    key, secret = made(**facts)
    ring = KeyRing([key], PEPPERS)

    with pytest.raises(error):
        ring.identify(secret, NOW)
    with pytest.raises(KeyUnknownError):
        ring.identify(secret[:-1] + "~", NOW)


def test_ring__pepper_gone__key_is_unknown() -> None:
    key, secret = made()

    with pytest.raises(KeyUnknownError):
        KeyRing([key], {}).identify(secret, NOW)


def test_ring__digests__are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    key, secret = made()
    compared: list[tuple[bytes, bytes]] = []
    really = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return really(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    KeyRing([key], PEPPERS).identify(secret, NOW)

    assert compared == [(key.digest, key.digest)]


@pytest.mark.parametrize(
    ("words", "name", "is_within"),
    [
        (["page.change"], "page.change", True),
        (["page.change"], "page.changes", False),
        (["page.*"], "page.change", True),
        (["page.*"], "pages", False),
        (["*"], "anything", True),
        ([], "anything", False),
    ],
)
def test_scope__names_and_beginnings__exact(words: list[str], name: str, *, is_within: bool) -> None:
    assert Scope.of(words).holds(name) is is_within


@pytest.mark.parametrize("header", ["Bearer {}", "bearer {}", "BEARER  {} "])
def test_permit__bearer__any_case_is_the_key(header: str) -> None:
    key, secret = made()
    guarding = Guarding(keys=[key])

    permit = guarding.guard.permit(head({"authorization": header.format(secret)}), SERVICE)
    permit.allow(stream())

    assert (permit.key_name, permit.key_prefix) == ("key 1", key.prefix)
    assert guarding.used == [1]


def test_permit__header_of_its_own__is_the_key() -> None:
    key, secret = made()

    assert Guarding(keys=[key]).guard.permit(head({"x-producer-key": secret}), SERVICE).key_prefix == key.prefix


@pytest.mark.parametrize("headers", [{"authorization": "Bearer nonsense"}, {"x-producer-key": "nonsense"}])
def test_permit__unknown_key__401_though_nothing_asks_for_one(headers: dict[str, str]) -> None:
    with pytest.raises(KeyRefusedError) as caught:
        Guarding().guard.permit(head(headers), SERVICE)

    assert caught.value.http_status == 401
    assert caught.value.challenge.startswith("Bearer")


def test_permit__other_authorization__is_no_key() -> None:
    assert Guarding().guard.permit(head({"authorization": "Basic dXNlcjpwYXNz"}), SERVICE) is NOTHING_ASKED


def test_permit__eventgate_profile__heeds_only_what_looks_like_a_key() -> None:
    guarding, service = Guarding(), Service("main", profile="eventgate")

    assert guarding.guard.permit(head({"authorization": "Bearer of.another.system"}), service) is NOTHING_ASKED
    with pytest.raises(KeyUnknownError):
        guarding.guard.permit(head(key="epk_nonsense"), service)


def test_permit__keys_never_read__503_with_a_key_and_open_without() -> None:
    guarding = Guarding(keys=None)

    with pytest.raises(KeysUnreadError) as caught:
        guarding.guard.permit(head(key=made()[1]), SERVICE)

    assert caught.value.http_status == 503
    assert guarding.guard.permit(head(), SERVICE) is NOTHING_ASKED


def test_permit__revoked_in_the_next_ring__refused_and_noted() -> None:
    key, secret = made()
    guarding = Guarding(keys=[key])
    guarding.guard.permit(head(key=secret), SERVICE)

    guarding.ring = KeyRing([replace(key, is_revoked=True)], PEPPERS)

    with pytest.raises(KeyRevokedError):
        guarding.guard.permit(head(key=secret), SERVICE)
    assert guarding.refused == [1]


def test_permit__key_of_another_service__403() -> None:
    key, secret = made(services=["analytics"])

    with pytest.raises(KeyNotForServiceError):
        Guarding(keys=[key]).guard.permit(head(key=secret), SERVICE)


def test_allow__stream_of_another_service_through_the_door_for_all__403() -> None:
    key, secret = made(services=["analytics"])
    permit = Guarding(keys=[key]).guard.permit(head(key=secret), Service())

    permit.allow(stream("click", "analytics"))
    with pytest.raises(KeyNotForServiceError) as caught:
        permit.allow(stream("page.change", "main"))

    assert (caught.value.http_status, caught.value.facts["service"]) == (403, "main")


def test_allow__stream_outside_the_key__that_event_is_denied() -> None:
    key, secret = made(streams=["page.*"])
    permit = Guarding(keys=[key]).guard.permit(head(key=secret), SERVICE)

    permit.allow(stream("page.change"))
    with pytest.raises(KeyNotForStreamError) as caught:
        permit.allow(stream("user.change"))
    permit.allow(stream("page.change"))

    assert (caught.value.code, caught.value.http_status, caught.value.outcome) == ("key.not_for_stream", 403, "denied")


@pytest.mark.parametrize(
    ("of_service", "of_stream", "is_taken"),
    [(True, None, True), (False, None, False), (False, True, True), (True, False, False)],
)
def test_allow__anonymous__as_the_stream_says_else_the_service(
    *, of_service: bool, of_stream: bool | None, is_taken: bool
) -> None:
    taken = stream(allows_anonymous=of_stream)
    permit = Guarding(taken).guard.permit(head(), Service("main", allows_anonymous=of_service))

    if is_taken:
        permit.allow(taken)
    else:
        with pytest.raises(KeyMissingError) as caught:
            permit.allow(taken)
        assert caught.value.http_status == 401
