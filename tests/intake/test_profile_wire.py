"""EventGate's profile over the intake's own server, byte by byte."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from eventplatform.core.services import Service
from intake.lane import Lane
from tests.contracts.intake_doors import GOOD, ReadyMade, dump, event, platform, to
from tests.intake.live_server import Live, live


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    for one in platform("lane", monkeypatch, Service("main", profile="eventgate")):
        with live(served=Lane(ReadyMade(one.intake))) as running:
            yield running


def said(server: Live, body: bytes, query: str = "") -> tuple[str, list[str], bytes]:
    """Status line, headers but the date, and what follows them."""
    wire = server.connect()
    head = f"POST /v1/events{query} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    wire.send(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    top, _, rest = wire.until_closed().partition(b"\r\n\r\n")
    line, *headers = top.decode().split("\r\n")
    return line, [one for one in headers if not re.match("date:|connection:", one, re.IGNORECASE)], rest


@pytest.mark.parametrize(
    ("body", "query", "line"),
    [
        (dump([GOOD, GOOD]), "", "201 All 2 out of 2 events were accepted."),
        (dump([GOOD, GOOD]), "?hasty=false", "202 2 events hastily received."),
        (dump([GOOD, event(test=5)]), "", "207 1 out of 2 events were accepted, but 1 failed (1 invalid and 0 errored)."),
        (dump([event(test=5)]), "", "400 1 out of 1 events were invalid and not accepted."),
        (b"", "", "400 Request body was empty. Must provide JSON encoded events."),
        (
            dump([event(test=5), to("x")]),
            "",
            "500 2 out of 2 events had failures and were not accepted. (1 invalid and 1 errored).",
        ),
        (b"{", "", "500 Internal Server Error"),
    ],
)
def test_post__any_fate__the_reason_phrase_says_it(server: Live, body: bytes, query: str, line: str) -> None:
    assert said(server, body, query)[0] == f"HTTP/1.1 {line}"


def test_post__accepted__headers_and_framing_as_nodes(server: Live) -> None:
    _, headers, rest = said(server, dump(GOOD))

    assert headers == [
        "access-control-allow-origin: *",
        "access-control-allow-headers: accept, x-requested-with, content-type",
        "access-control-expose-headers: etag",
        "access-control-allow-methods: post",
        "x-xss-protection: 1; mode=block",
        "x-content-type-options: nosniff",
        "x-frame-options: SAMEORIGIN",
        (
            "content-security-policy: default-src 'self'; object-src 'none'; media-src 'none'; img-src 'none'; "
            "style-src 'none'; base-uri 'self'; frame-ancestors 'self'"
        ),
        "transfer-encoding: chunked",
    ]
    assert rest == b"0\r\n\r\n"


def test_post__malformed__body_to_the_byte(server: Live) -> None:
    _, headers, rest = said(server, b"{", "?hasty=true")

    assert rest == (
        b'{"status":500,"type":"internal_error","title":"SyntaxError",'
        b'"detail":"Expected property name or \'}\' in JSON at position 1","method":"POST","uri":"/v1/events?hasty=true"}'
    )
    assert headers[-3:] == [
        "content-type: application/json; charset=utf-8",
        "vary: Accept-Encoding",
        f"content-length: {len(rest)}",
    ]
