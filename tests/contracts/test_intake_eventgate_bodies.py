"""A service with EventGate's profile: compressed bodies and numbers, as Express and `JSON.stringify` have them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

import orjson
import pytest

from eventplatform.core.services import Service
from tests.contracts.intake_doors import GOOD, Platform, deep, dump, platform, with_number

BODY = dump(GOOD)
PACKED = gzip.compress(BODY, mtime=0)  # names of tests are made of it, and must stay the same
FLAWED = PACKED[:-8] + bytes([PACKED[-8] ^ 1]) + PACKED[-7:]  # in the sum of its check


@pytest.fixture(params=["lane", "drf"])
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    yield from platform(request.param, monkeypatch, Service("main", profile="eventgate"))


@pytest.mark.parametrize(
    ("encoding", "body"), [("gzip", PACKED), ("GZIP", PACKED), ("deflate", zlib.compress(BODY)), ("identity", BODY)]
)
def test_post__packed_as_eventgate_reads_it__201(door: Platform, encoding: str, body: bytes) -> None:
    assert door.post(body, content_encoding=encoding).status == 201


@pytest.mark.parametrize(
    ("encoding", "body", "title", "detail"),
    [
        ("br", BODY, "UnsupportedMediaTypeError", 'unsupported content encoding "br"'),
        ("zstd", BODY, "UnsupportedMediaTypeError", 'unsupported content encoding "zstd"'),
        ("x-gzip", PACKED, "UnsupportedMediaTypeError", 'unsupported content encoding "x-gzip"'),
        ("gzip", BODY, "Error", "incorrect header check"),
        ("gzip", FLAWED, "Error", "incorrect data check"),
        ("gzip", PACKED[:-3], "Error", "unexpected end of file"),
        ("gzip", PACKED + b"XX", "Error", "incorrect header check"),
        ("deflate", zlib.compress(BODY)[:-2], "Error", "unexpected end of file"),
        ("gzip", gzip.compress(b" " * 1_000_000, mtime=0), "PayloadTooLargeError", "request entity too large"),
    ],
)
def test_post__packed_wrongly__500_as_express_says_it(
    door: Platform, encoding: str, body: bytes, title: str, detail: str
) -> None:
    reply = door.post(body, content_encoding=encoding)

    told = {"status": 500, "type": "internal_error", "title": title, "detail": detail}
    assert (reply.status, reply.json) == (500, told | {"method": "POST", "uri": "/v1/events"})


@pytest.mark.parametrize(("sent", "stored"), [(b"17.0", b"17"), (b"1e2", b"100"), (b"-0.0", b"0"), (b"1.05", b"1.05")])
def test_post__whole_number_sent_with_a_fraction__stored_as_json_stringify_writes_it(
    door: Platform, sent: bytes, stored: bytes
) -> None:
    assert door.post(with_number(sent)).status == 201

    assert b'"number":' + stored + b"}" in (door.records()[0].value or b"").replace(b",", b"}")


@pytest.mark.parametrize("query", ["?hasty[]=1", "?hasty%5B%5D=", "?hasty[a]=b"])
def test_post__hasty_with_brackets__202(door: Platform, query: str) -> None:
    assert door.post(BODY, query).status == 202


@pytest.mark.parametrize("accepted", ["gzip;q=0", "gzip; q=0.000, deflate", "x-gzip-not", ""])
def test_post__large_failure_and_gzip_unwanted__plain(door: Platform, accepted: str) -> None:
    reply = door.post(dump({**GOOD, "test": 5, "anything": "x" * 2000}), accept_encoding=accepted)

    assert "content-encoding" not in reply.headers
    assert orjson.loads(reply.body)["invalid"]


@pytest.mark.parametrize("levels", [100, 5000])
def test_post__nested_beyond_the_limit__refused_as_a_problem_object(door: Platform, levels: int) -> None:
    """It is JSON, so no retry and no mending of brackets would help."""
    reply = door.post(deep(levels))

    assert (reply.status, reply.json["type"]) == (400, "json.too_deep")
