"""Compressed bodies: decompressed as they come, within the limit, and refused for what no honest compressor writes."""

from __future__ import annotations

import gzip
import random

import pytest

from eventplatform.core.errors import RejectedError
from eventplatform.guard.body import BodyReader
from eventplatform.guard.decoding import MAX_MEMBERS
from eventplatform.guard.request_head import RequestHead
from eventplatform.guard.ways_in import open_body
from tests.guard.packed import ENCODERS, WIDE_WINDOW, encoding, pack

LIMIT = 100_000
TEXT = b'{"some": "event"}' * 3000
NOISE = random.Random(6).randbytes(90_000)  # noqa: S311  # repeatable on purpose


def reader(content_encoding: str, *, limit: int = LIMIT, length: str = "") -> BodyReader:
    head = RequestHead(content_type="application/json", content_encoding=content_encoding, content_length=length)
    return open_body(head, limit)


def read(content_encoding: str, body: bytes, *, chunk: int = 65536, limit: int = LIMIT) -> bytes:
    body_reader = reader(content_encoding, limit=limit)
    for start in range(0, len(body), chunk):
        body_reader.feed(body[start : start + chunk])
    return body_reader.finish()


def refusal(content_encoding: str, body: bytes, *, limit: int = LIMIT) -> RejectedError:
    with pytest.raises(RejectedError) as caught:
        read(content_encoding, body, limit=limit)
    return caught.value


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("data", [b"{}", TEXT, NOISE, b" " * LIMIT], ids=["tiny", "text", "noise", "blank"])
@pytest.mark.parametrize("chunk", [1, 7, 65536])
def test_body__compressed_whole__as_it_was(name: str, data: bytes, chunk: int) -> None:
    assert read(encoding(name), pack(name, data), chunk=max(chunk, len(data) // 20_000)) == data


@pytest.mark.parametrize("name", ["GZip ", " br", "identity", "Identity"])
def test_body__encoding_in_other_letters__read(name: str) -> None:
    kind = name.strip().lower()
    body = b"{}" if kind == "identity" else pack(kind, b"{}")

    assert read(name, body) == b"{}"


@pytest.mark.parametrize("name", ["gzip, gzip", "gzip,identity", "br, gzip", "compress", "snappy", "gzip;q=1", "x" * 5000])
def test_body__nested_or_unknown_encoding__415(name: str) -> None:
    error = refusal(name, b"x")

    assert (error.http_status, error.code) == (415, "body.content_encoding")


@pytest.mark.parametrize("name", ENCODERS)
def test_body__truncated_stream__400(name: str) -> None:
    packed = pack(name, TEXT)

    for size in (1, len(packed) // 2, len(packed) - 1):
        error = refusal(encoding(name), packed[:size])
        assert (error.http_status, error.code) == (400, "body.undecodable")


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("garbage", [b"\0", b"garbage", b"\0" * 40_000])
def test_body__trailing_garbage__400(name: str, garbage: bytes) -> None:
    error = refusal(encoding(name), pack(name, b"{}") + garbage)

    assert (error.http_status, error.code) == (400, "body.undecodable")


@pytest.mark.parametrize("name", ENCODERS)
def test_body__damaged_stream__400(name: str) -> None:
    packed = bytearray(pack(name, NOISE[:500]))
    packed[0] ^= 0xFF

    error = refusal(encoding(name), bytes(packed))

    assert (error.http_status, error.code) == (400, "body.undecodable")


def test_body__zstd_window_of_2_to_the_31__400() -> None:
    assert "8 MiB" in str(refusal("zstd", WIDE_WINDOW))


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_body__several_members__joined(name: str) -> None:
    assert read(name, pack(name, b'{"a":') + pack(name, b"1}")) == b'{"a":1}'


@pytest.mark.parametrize("name", ["deflate", "br"])
def test_body__several_streams_of_a_format_that_has_no_members__400(name: str) -> None:
    assert refusal(name, pack(name, b"{}") * 2).code == "body.undecodable"


def test_body__more_members_than_anybody_needs__400() -> None:
    assert read("gzip", gzip.compress(b"") * (MAX_MEMBERS - 1) + gzip.compress(b"{}")) == b"{}"
    assert refusal("gzip", gzip.compress(b"") * (MAX_MEMBERS + 1), limit=LIMIT).code == "body.undecodable"


@pytest.mark.parametrize("name", ENCODERS)
def test_body__one_byte_more_than_the_limit_once_decompressed__413(name: str) -> None:
    assert len(read(encoding(name), pack(name, b" " * LIMIT))) == LIMIT

    error = refusal(encoding(name), pack(name, b" " * (LIMIT + 1)))

    assert (error.http_status, error.code) == (413, "body.decoded_too_large")


def test_body__members_that_are_too_large_together__413() -> None:
    assert refusal("gzip", gzip.compress(b" " * (LIMIT // 2 + 1)) * 2).code == "body.decoded_too_large"


def test_body__too_large_over_the_wire_though_compressed__413() -> None:
    error = refusal("gzip", gzip.compress(random.Random(1).randbytes(LIMIT + 100)))  # noqa: S311  # repeatable on purpose

    assert (error.http_status, error.code) == (413, "body.too_large")


def test_body__compressed_and_announced_too_large__refused_before_a_byte() -> None:
    body = reader("gzip", length=str(LIMIT + 1))

    assert body.wants_more
    with pytest.raises(RejectedError, match="more than the 100000 bytes"):
        body.finish()


@pytest.mark.parametrize("name", ENCODERS)
def test_body__bomb__nothing_kept_and_read_on_for_politeness(name: str) -> None:
    packed = pack(name, b" " * 50_000_000)
    body = reader(encoding(name), limit=LIMIT)

    body.feed(packed[: LIMIT // 2])
    while body.is_behind:
        body.work()

    assert body.wants_more
    assert body._chunks == []
    assert getattr(body, "_pieces") == []  # noqa: B009  # of the subclass
    with pytest.raises(RejectedError, match="once it is decompressed"):
        body.finish()


def test_body__compressed_and_empty__is_empty() -> None:
    assert read("gzip", b"") == b""


def test_body__compressed_and_shorter_than_announced__says_so() -> None:
    packed = gzip.compress(TEXT)
    body = reader("gzip", length=str(len(packed)))

    body.feed(packed[:-4])

    with pytest.raises(RejectedError, match=f"of the {len(packed)} bytes announced"):
        body.finish()


def test_body__megabytes_in_a_small_chunk__decoded_in_steps() -> None:
    body = reader("zstd", limit=10_000_000)

    body.feed(pack("zstd", b" " * 9_000_000))
    steps = 1
    while body.is_behind:
        body.work()
        steps += 1

    assert steps >= 9
    assert len(body.finish()) == 9_000_000


def test_body__megabytes_in_a_small_chunk_of_a_door_that_never_waits__decoded_at_the_end() -> None:
    assert len(read("zstd", pack("zstd", b" " * 9_000_000), limit=10_000_000)) == 9_000_000


def test_body__plain__never_behind() -> None:
    body = reader("")

    body.feed(b"{}")
    body.work()

    assert (body.is_behind, body.finish()) == (False, b"{}")
