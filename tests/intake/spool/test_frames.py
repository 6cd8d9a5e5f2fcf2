"""What is packed comes out as it was; what is damaged never comes out as something else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from eventplatform.core.records import NewRecord
from intake.spool import frames
from intake.spool.scanner import Damage, Frame, scan

MARKER = b"\x01mark\xfe\xff\x00"

records = some.builds(
    NewRecord,
    topic=some.text("abcäß.-_", min_size=1, max_size=30),
    value=some.none() | some.binary(max_size=300),
    key=some.none() | some.binary(max_size=20),
    headers=some.lists(some.tuples(some.text("abcé-", max_size=9), some.binary(max_size=30)), max_size=4).map(tuple),
    timestamp_ms=some.none() | some.integers(-(2**62), 2**62),
    partition=some.none() | some.integers(0, 2**31 - 1),
    may_spool=some.just(True),
)


def framed(*packed: bytes) -> bytes:
    return b"".join(MARKER + one for one in packed)


@settings(max_examples=50, deadline=None)
@given(records, some.integers(0, 2**62))
def test_pack__any_record__comes_out_as_it_was(record: NewRecord, spooled_ms: int) -> None:
    (found,) = scan(framed(frames.pack(record, spooled_ms)), MARKER)

    assert isinstance(found, Frame)
    assert frames.unpack(found.body) == frames.Spooled(record, spooled_ms)


@settings(max_examples=100, deadline=None)
@given(some.lists(records, min_size=1, max_size=6), some.data())
def test_scan__one_bit_flipped__costs_one_record_at_most_and_invents_none(many: list[NewRecord], data: some.DataObject) -> None:
    packed = [frames.pack(record, 5) for record in many]
    whole = bytearray(framed(*packed))
    at = data.draw(some.integers(0, len(whole) * 8 - 1))
    whole[at // 8] ^= 1 << at % 8

    found = list(scan(bytes(whole), MARKER))

    kept = [frames.unpack(one.body).record for one in found if isinstance(one, Frame)]
    damages = [one for one in found if isinstance(one, Damage)]
    assert len(damages) <= 1
    assert len(kept) >= len(many) - 1
    assert is_part_of(kept, many)


@settings(max_examples=100, deadline=None)
@given(some.lists(records, min_size=1, max_size=6), some.data())
def test_scan__cut_anywhere__keeps_all_before_and_names_the_rest(many: list[NewRecord], data: some.DataObject) -> None:
    packed = [frames.pack(record, 5) for record in many]
    whole = framed(*packed)
    cut = data.draw(some.integers(0, len(whole)))
    ends = [len(framed(*packed[: number + 1])) for number in range(len(packed))]

    found = list(scan(whole[:cut], MARKER))

    kept = [frames.unpack(one.body).record for one in found if isinstance(one, Frame)]
    assert kept == many[: sum(end <= cut for end in ends)]
    assert [one.reason for one in found if isinstance(one, Damage)] == ([] if cut in {0, *ends} else ["torn"])


@settings(max_examples=50, deadline=None)
@given(some.lists(records, min_size=2, max_size=6), some.binary(min_size=1, max_size=400), some.data())
def test_scan__bytes_put_between__all_records_are_found(many: list[NewRecord], noise: bytes, data: some.DataObject) -> None:
    packed = [frames.pack(record, 5) for record in many]
    number = data.draw(some.integers(0, len(packed) - 1))
    whole = framed(*packed[:number]) + noise + framed(*packed[number:])

    found = list(scan(whole, MARKER))

    assert [frames.unpack(one.body).record for one in found if isinstance(one, Frame)] == many


def test_scan__record_holds_what_looks_like_a_frame__is_never_taken_for_one() -> None:
    inner = framed(frames.pack(NewRecord("forged", b"forged"), 1)).replace(MARKER, b"another.")
    whole = bytearray(framed(frames.pack(NewRecord("t", inner), 1), frames.pack(NewRecord("t", b"next"), 1)))
    whole[20] ^= 1

    found = [frames.unpack(one.body).record.value for one in scan(bytes(whole), MARKER) if isinstance(one, Frame)]

    assert found == [b"next"]


def test_scan__zeros_of_a_power_cut__are_damage() -> None:
    whole = framed(frames.pack(NewRecord("t", b"x"), 1)) + b"\0" * 500

    assert [type(one) for one in scan(whole, MARKER)] == [Frame, Damage]


def test_scan__more_follows__stops_before_what_it_may_complete() -> None:
    whole = framed(frames.pack(NewRecord("t", b"x"), 1), frames.pack(NewRecord("t", b"y"), 1))

    assert len(list(scan(whole[:-1], MARKER, is_whole=False))) == 1


def test_unpack__body_that_does_not_fit__says_so() -> None:
    body = frames.pack(NewRecord("t", b"x", headers=(("a", b"b"),)), 1)[8:]

    with pytest.raises(frames.BodyUnreadableError):
        frames.unpack(body + b"more")
    with pytest.raises(frames.BodyUnreadableError):
        frames.unpack(body[:-9])


def is_part_of(part: list[NewRecord], whole: list[NewRecord]) -> bool:
    rest = iter(whole)
    return all(any(one == other for other in rest) for one in part)
