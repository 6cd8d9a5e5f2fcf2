"""Which pages may send, and what their browsers are told. Row 15 of the security table."""

from __future__ import annotations

import pytest

from eventplatform.core.services import Service, rules_of
from eventplatform.core.streams import Stream
from eventplatform.guard import origins
from eventplatform.guard.permit_errors import OriginRefusedError
from eventplatform.guard.permits import NOTHING_ASKED
from tests.guard.guarding import Guarding, head, stream

WIKI = "https://en.wikipedia.org"
EVIL = "https://evil.example"


def nobody(_name: str) -> Service | None:
    return None


# Which origins the stream lists, which the service lists, who asks, and whether they may send.
MATRIX = [
    (None, ("*",), WIKI, True),
    (None, ("*",), "null", False),
    (None, (WIKI,), WIKI, True),
    (None, (WIKI,), EVIL, False),
    (None, (WIKI,), "null", False),
    (None, (WIKI, "null"), "null", False),
    (None, (WIKI,), "", True),  # no browser, no matter of origins
    (None, (), WIKI, False),
    ((WIKI,), ("*",), WIKI, True),
    ((WIKI,), ("*",), EVIL, False),
    (("*",), (WIKI,), EVIL, True),
    ((), ("*",), WIKI, False),
    # exact: nothing that only looks like it
    ((WIKI,), ("*",), "http://en.wikipedia.org", False),
    ((WIKI,), ("*",), "https://en.wikipedia.org:443", False),
    ((WIKI,), ("*",), "https://en.wikipedia.org/", False),
    ((WIKI,), ("*",), "https://EN.wikipedia.org", False),
    ((WIKI,), ("*",), "https://en.wikipedia.org.evil.example", False),
    ((WIKI,), ("*",), "https://evil.example?https://en.wikipedia.org", False),
    ((WIKI,), ("*",), "https://fr.wikipedia.org", False),
    ((WIKI,), ("*",), f"{WIKI},{EVIL}", False),  # the header sent twice
    ((WIKI,), ("*",), "*", False),
]


@pytest.mark.parametrize(("of_stream", "of_service", "origin", "is_allowed"), MATRIX)
def test_origin__matrix__is_taken_or_denied(
    of_stream: tuple[str, ...] | None, of_service: tuple[str, ...], origin: str, *, is_allowed: bool
) -> None:
    service, asked = Service("main", origins=of_service), stream(origins=of_stream)

    assert origins.allowed(origin, service, asked) is is_allowed
    assert (_refusal(asked, service, origin) is None) is is_allowed


def test_origin__refused__that_event_is_denied_with_403() -> None:
    error = _refusal(stream(origins=(WIKI,)), Service("main"), EVIL)

    assert error is not None
    assert (error.code, error.http_status, error.outcome) == ("origin.not_allowed", 403, "denied")


def test_origin__null__the_remedy_says_that_files_have_none() -> None:
    error = _refusal(stream(origins=(WIKI,)), Service("main"), "null")

    assert error is not None
    assert (error.code, error.http_status) == ("origin.not_allowed", 403)
    assert "http.server" in error.hint


def _refusal(asked: Stream, service: Service, origin: str) -> OriginRefusedError | None:
    try:
        Guarding(asked).guard.permit(head(origin=origin), service).allow(_ruled(asked, service))
    except OriginRefusedError as error:
        return error
    return None


def _ruled(asked: Stream, service: Service) -> Stream:
    return Stream(asked.name, asked.schema_title, "", asked.topics, door=rules_of(asked.door, service))


@pytest.mark.parametrize(
    ("listed", "origin", "said"),
    [
        (("*",), WIKI, {"access-control-allow-origin": "*"}),
        (("*",), "", {"access-control-allow-origin": "*"}),
        ((WIKI,), WIKI, {"access-control-allow-origin": WIKI, "vary": "Origin"}),
        ((WIKI,), EVIL, {"vary": "Origin"}),
        ((WIKI,), "null", {"vary": "Origin"}),
        ((WIKI,), "", {"vary": "Origin"}),
        ((), WIKI, {"vary": "Origin"}),
    ],
)
def test_cors_headers__origin__is_echoed_only_to_say_yes(listed: tuple[str, ...], origin: str, said: dict[str, str]) -> None:
    headers = dict(origins.cors_headers(origin, Service("main", origins=listed), frozenset(listed)))

    assert headers == said
    assert "access-control-allow-credentials" not in headers


def test_cors_headers__one_stream_open__preflight_says_so() -> None:
    open_stream, closed = stream("open", origins=("*",)), stream("closed", origins=())
    guard = Guarding(open_stream, closed).guard

    assert guard.cors_headers(EVIL, Service("main", origins=(WIKI,))) == (("access-control-allow-origin", "*"),)


def test_known__streams_of_other_services__are_left_out() -> None:
    others = Stream("x", "x", "analytics", ("x",), door=stream(origins=(EVIL,)).door)

    assert origins.known(Service("main", origins=(WIKI,)), [others], nobody) == {WIKI}
    assert origins.known(Service("", origins=(WIKI,)), [others], nobody) == {WIKI, EVIL}


def test_permit__stream_of_a_stricter_service_at_the_open_door__is_judged_by_its_own() -> None:
    strict = Service("analytics", origins=(WIKI,))
    guarding = Guarding(Stream("x", "x", "analytics", ("x",)), services=[strict])

    permit = guarding.guard.permit(head(origin=EVIL), Service(""))

    with pytest.raises(OriginRefusedError):
        permit.allow(_ruled(Stream("x", "x", "analytics", ("x",)), strict))


def test_permit__origin_that_no_stream_knows__refused_before_the_body() -> None:
    with pytest.raises(OriginRefusedError):
        Guarding(stream(origins=(WIKI,))).guard.permit(head(origin=EVIL), Service("main", origins=()))


def test_permit__eventgate_profile__takes_null_where_anybody_may() -> None:
    assert Guarding().guard.permit(head(origin="null"), Service("main", profile="eventgate")) is NOTHING_ASKED


def test_permit__long_origin__is_not_repeated_whole() -> None:
    with pytest.raises(OriginRefusedError) as caught:
        Guarding().guard.permit(head(origin="https://" + "x" * 5000), Service("main", origins=()))

    assert len(str(caught.value)) < 300
