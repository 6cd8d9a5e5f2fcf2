"""The body reader: limits by announcement and by count, and how long a refused body is read on."""

from __future__ import annotations

import pytest

from eventplatform.core.errors import RejectedError
from eventplatform.guard.body import BodyReader
from eventplatform.guard.errors import ContentTypeError


def test_reader__chunks_within_the_limit__joined() -> None:
    reader = BodyReader(10, announced=6)

    for chunk in (b"abc", b"", b"def"):
        reader.feed(chunk)

    assert reader.finish() == b"abcdef"


def test_reader__announced_beyond_the_limit__refused_before_a_byte_and_nothing_kept() -> None:
    reader = BodyReader(10, announced=15)

    assert reader.wants_more
    reader.feed(b"x" * 10)

    assert reader._chunks == []
    with pytest.raises(RejectedError, match="more than the 10 bytes"):
        reader.finish()


def test_reader__announced_more_than_twice_the_limit__not_read_at_all() -> None:
    assert not BodyReader(10, announced=21).wants_more


def test_reader__chunked_beyond_the_limit__refused_drained_then_left() -> None:
    reader = BodyReader(10)

    wants = []
    for _ in range(5):
        reader.feed(b"x" * 5)
        wants.append(reader.wants_more)

    assert wants == [True, True, True, True, False]
    assert reader._chunks == []
    with pytest.raises(RejectedError):
        reader.finish()


def test_reader__body_ends_early__says_how_much_came() -> None:
    reader = BodyReader(10, announced=6)
    reader.feed(b"abc")

    with pytest.raises(RejectedError, match="3 of the 6 bytes"):
        reader.finish()


def test_reader__refused_by_its_head__keeps_that_reason_whatever_comes() -> None:
    reader = BodyReader(10, refusal=ContentTypeError())

    reader.feed(b"x" * 15)

    with pytest.raises(ContentTypeError):
        reader.finish()
