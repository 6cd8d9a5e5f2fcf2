"""All unfinished bodies together hold no more than the process may."""

from __future__ import annotations

import gzip

import pytest

from eventplatform.guard.body import BodyReader
from eventplatform.guard.decoded_body import DecodedBodyReader
from eventplatform.guard.decoding import decoder_of
from eventplatform.guard.waiting_room import NoRoomError, WaitingRoom


def test_hold__no_room__the_body_is_refused_and_let_go() -> None:
    room, first, second = WaitingRoom(10), BodyReader(100), BodyReader(100)
    first.feed(b"x" * 8)
    second.feed(b"x" * 8)
    counted = room.hold(first, 0)

    assert room.hold(second, 0) == 0
    with pytest.raises(NoRoomError):
        second.finish()
    assert (second.kept, second.wants_more, first.finish()) == (0, False, b"x" * 8)

    room.leave(counted)
    assert room.hold(first, 0) == 8  # all of the room is there again


def test_hold__body_grows__counted_once() -> None:
    room, body, counted = WaitingRoom(10), BodyReader(100), 0
    for _ in range(5):
        body.feed(b"xx")
        counted = room.hold(body, counted)

    assert (counted, body.finish()) == (10, b"x" * 10)


def test_hold__compressed__what_it_decompresses_to_counts() -> None:
    decoder = decoder_of("gzip")
    assert decoder is not None
    body = DecodedBodyReader(1_000_000, decoder)
    body.feed(gzip.compress(b" " * 100_000))

    assert WaitingRoom(50_000).hold(body, 0) == 0
    with pytest.raises(NoRoomError):
        body.finish()
