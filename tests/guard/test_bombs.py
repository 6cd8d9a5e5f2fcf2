"""Security rows 4 and 6: JSON bombs and compressed bombs cost less than 100 MB of memory and a second, whatever they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from eventplatform.guard.json_body import JsonLimits, parse_each, parse_events
from eventplatform.guard.lines import parse_lines
from eventplatform.guard.request_head import RequestHead
from eventplatform.guard.ways_in import open_body
from tests.guard import packed
from tests.guard.costs import Cost, cost_of

LIMITS = JsonLimits()
BODY = 10 * 1024 * 1024  # the limit of a body
MOST = 240_000  # values, nearly as many as are allowed
KEYS = tuple(b'"%x":1' % n for n in range(1001))

JSON_BOMBS: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "1 M keys": (lambda: b"{%s}" % b",".join(b'"%x":1' % n for n in range(1_000_000)), "json.too_many_values"),
    "10 M-element array": (lambda: b"[%s0]" % (b"0," * 10_000_000), "json.too_many_values"),
    '{"a":{"a":…': (lambda: b'{"a":' * (BODY // 5), "json.too_many_values"),
    '{"a":{"a":… closed': (lambda: b'{"a":' * 1000 + b"1" + b"}" * 1000, "json.too_deep"),
    "[[[…": (lambda: b"[" * BODY, "json.too_many_values"),
    "[[],[],…": (lambda: b"[%s0]" % (b"[]," * (BODY // 3)), "json.too_many_values"),
    "one key a million times": (lambda: b'{%s"a":1}' % (b'"a":1,' * 1_000_000), "json.too_many_values"),
    "1,001 keys in one object": (lambda: b'{"a":[{%s}]}' % b",".join(KEYS), "json.too_many_keys"),
    "texts of commas": (lambda: b'["%s",%s""]' % (b"," * 300_000, b'"",' * 3_000_000), "json.too_many_values"),
    "texts without commas between": (lambda: b'["%s"%s]' % (b"," * 300_000, b'""' * 4_000_000), "json.invalid"),
    "a number of ten million digits": (lambda: b'{"a":%s}' % (b"1" * BODY), "json.invalid"),
    "a fraction of ten million digits": (lambda: b'{"a":0.%s}' % (b"1" * 9_000_000), "1"),
    "a huge number after many values": (lambda: b"[[%s%s]]" % (b"0," * MOST, b"9" * 30), "json.number_out_of_range"),
    "U+0000 after many values": (lambda: b'[[%s"\\u0000"]]' % (b'"",' * MOST), "json.null_character"),
    "ten million backslashes": (lambda: b'{"a":"%su0000"}' % (b"\\" * (BODY - 2)), "1"),
    "a text of ten megabytes": (lambda: b'{"a":"%s"}' % (b"," * BODY), "1"),
    "U+0000 after many values below a long name": (
        lambda: b'{"%s":[%s"\\u0000"]}' % (b"k" * 9_000_000, b"0," * MOST),
        "json.null_character",
    ),
    "a huge number after many values below a long name": (
        lambda: b'{"%s":[%s%s]}' % (b"~" * 9_000_000, b"0," * MOST, b"9" * 30),
        "json.number_out_of_range",
    ),
    "1,001 keys after many values below many names": (
        lambda: b"%s[%s{%s}]%s" % (b'{"%s":' % (b"k" * 90_000) * 50, b"0," * MOST, b",".join(KEYS), b"}" * 50),
        "json.too_many_keys",
    ),
    "a huge number after many objects and wide characters": (
        lambda: b'[{"a":[%s"\xf0\x9f\x98\x80%s",%s]}]' % (b'{"":0},' * (MOST // 2 - 1), b"x" * 8_600_000, b"9" * 30),
        "json.number_out_of_range",
    ),
    "nearly too many objects": (lambda: b"[[%s0]]" % (b'{"":0},' * (MOST // 2)), "1"),
}


@pytest.mark.parametrize("name", JSON_BOMBS)
def test_json_bomb__below_100_megabytes_and_a_second(name: str) -> None:
    made, end = JSON_BOMBS[name]
    body = made()

    cost = cost_of(lambda: len(parse_events(body, LIMITS)))

    assert cost.end == end
    assert (cost.megabytes < 100, cost.seconds < 1) == (True, True), cost


@pytest.mark.parametrize("name", JSON_BOMBS)
def test_json_bomb__as_a_line__below_100_megabytes_and_a_second(name: str) -> None:
    body = JSON_BOMBS[name][0]()

    cost = cost_of(lambda: len(parse_lines(body, LIMITS)))

    assert (cost.megabytes < 100, cost.seconds < 1) == (True, True), cost


# Of arrays, one item that may be no event: what it takes to find the items in the text.
ARRAYS: Mapping[str, Callable[[], bytes]] = {
    "many items": lambda: b"[%s]" % b",".join([b'{"a":"%s"}' % (b"x" * 10_000)] * 999 + [b'{"a":"\\u0000"}']),
    "U+0000 among many values": lambda: b'[[%s"\\u0000"]]' % (b'"",' * MOST),
    "U+0000 among many objects": lambda: b'[[%s"\\u0000"]]' % (b'{"":0},' * (MOST // 2)),
    "U+0000 behind backslashes": lambda: b'["%s","\\u0000"]' % (b"\\\\" * (BODY // 2 - 20)),
    "U+0000 in every item": lambda: b"[%s]" % b",".join([b'{"a":"%s\\u0000"}' % (b"[,]" * 3_000)] * 1000),
    "U+0000 after many values below a long name": lambda: b'[{"%s":[%s"\\u0000"]}]' % (b"k" * 9_000_000, b"0," * MOST),
    "a huge number after many values below a long name": lambda: (
        b'[{"%s":[%s%s]}]' % (b"k" * 9_000_000, b"0," * MOST, b"9" * 30)
    ),
    "a huge number in every item": lambda: b"[%s]" % b",".join([b'{"a":%s}' % (b"9" * 30)] * 1000),
    "every item too deep": lambda: b"[%s]" % b",".join([b"[" * 200 + b"]" * 200] * 1000),
}


@pytest.mark.parametrize("name", [*JSON_BOMBS, *ARRAYS])
def test_json_bomb__items_judged_one_by_one__below_100_megabytes_and_a_second(name: str) -> None:
    body = ARRAYS[name]() if name in ARRAYS else JSON_BOMBS[name][0]()

    cost = cost_of(lambda: len(parse_each(body, LIMITS)))

    assert cost.end.isdigit() or name in JSON_BOMBS
    assert (cost.megabytes < 100, cost.seconds < 1) == (True, True), cost


@pytest.mark.parametrize(
    "body", [b"\n" * BODY, b"0\n" * (BODY // 2), b"{}\n" * 1001, b"\r\n" * (BODY // 2)], ids=["blank", "short", "many", "crlf"]
)
def test_line_bomb__too_many_events_and_cheap(body: bytes) -> None:
    cost = cost_of(lambda: len(parse_lines(body, LIMITS)))

    assert cost.end in {"body.too_many_events", "json.too_many_values"}
    assert (cost.megabytes < 100, cost.seconds < 1) == (True, True), cost


BOMBS: Mapping[str, tuple[str, Callable[[], bytes], str]] = {
    "10 GB.gz": ("gzip", packed.ten_gigabytes, "body.decoded_too_large"),
    "42 KB to 1 GB": ("zstd", packed.a_gigabyte_in_42_kilobytes, "body.decoded_too_large"),
    "50 MB of deflate": ("deflate", lambda: packed.pack("deflate", bytes(50_000_000)), "body.decoded_too_large"),
    "100 bytes of brotli to 50 MB": ("br", lambda: packed.pack("br", bytes(50_000_000)), "body.decoded_too_large"),
    "half a million empty members": ("gzip", lambda: packed.pack("gzip", b"") * 500_000, "body.undecodable"),
    "a million empty frames": ("zstd", lambda: packed.pack("zstd", b"") * 700_000, "body.undecodable"),
    "zstd window 2^31": ("zstd", lambda: packed.WIDE_WINDOW, "body.undecodable"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_compressed_bomb__refused_with_memory_flat(name: str) -> None:
    content_encoding, made, end = BOMBS[name]
    body = made()

    cost = cost_of(lambda: len(received(content_encoding, body)))

    assert cost.end == end
    assert (cost.megabytes < 30, cost.seconds < 1) == (True, True), cost


@pytest.mark.slow
def test_compressed_bomb__that_ends_just_within_the_limit__memory_bounded() -> None:
    body = packed.pack("gzip", b" " * BODY)

    cost: Cost = cost_of(lambda: len(received("gzip", body)))

    assert cost.end == str(BODY)
    assert cost.megabytes < 60, cost


def received(content_encoding: str, body: bytes) -> bytes:
    reader = open_body(RequestHead(content_type="application/json", content_encoding=content_encoding), BODY)
    for start in range(0, len(body), 65536):
        if not reader.wants_more:
            break
        reader.feed(body[start : start + 65536])
        while reader.is_behind:
            reader.work()
    return reader.finish()
