"""Formats as Ajv 6's fast mode judges them; each verdict here was taken from Ajv 6.12.6 itself."""

from __future__ import annotations

import pytest

from registry.schema.compiled import Schema

ACCEPTED = {
    "date": ["2021-01-01", "2020-02-30", "2021-19-39"],
    "time": ["10:00:00", "23:59:60Z", "29:00:00", "10:00:00+01", "10:00:00.5+0100"],
    "date-time": [
        "2021-01-01T00:00:00Z",
        "2020-01-01 00:00:00Z",
        "2021-01-01\u00a000:00:00z",
        "2021-01-01T00:00:00+0000",
        "2020-02-30T00:00:00+01",
        "2021-01-01t23:59:60Z",
    ],
    "uri": ["https://ja.wikipedia.org/wiki/メイン", "mailto:x", "a:", 'https://a/"b', "http://a/%zz"],
    "uri-reference": ["", "#", "/a", "//a/b#c", "a/b?c", "http:x", "メ", "%zz", "a\\b", "x#y#z"],
    "email": ["a@b", "a@b.c", "!@b"],
    "hostname": ["a.b", "a.b.", "x" * 63, ".".join(["x" * 60] * 4) + ".xxxxxxxxx."],
    "ipv4": ["1.2.3.4", "001.02.3.255"],
    "ipv6": ["::", "1::8%eth0", " ::1 ", "1:2:3:4:5:6:7::", "1:2:3:4:5::1.2.3.4"],
    "uuid": ["123e4567-e89b-12d3-a456-426614174000", "URN:UUID:123e4567-e89b-12d3-a456-426614174000"],
    "json-pointer": ["", "/a~0", "/a~1b/"],
    "relative-json-pointer": ["0", "1/a", "0#"],
    "json-pointer-uri-fragment": ["#", "#/a%20"],
    "uri-template": ["http://a/{b}", "{+a*,b:3}"],
    "regex": ["^a+$"],
    "nobody-knows-this": ["anything at all"],
}
REFUSED = {
    "date": ["2021-1-1", "2021-20-01", "2021-01-40", "2021-01-01\n", "\uff12021-01-01"],
    "time": ["10:00", "30:00:00", "10:00:60"],
    "date-time": ["2021-01-01", "2021-01-01T00:00:00", "yesterday", "2021-01-01x00:00:00Z", "2021-01-01  00:00:00Z"],
    "uri": ["//a", "1a:b", "http://a b", ""],
    "uri-reference": ["/a b", "\\a", "a#b c", "#a\\"],
    "email": ["a", "@b", "a@-b", "a b@c", "a@" + "x" * 64],
    "hostname": ["", "a..b", "-a", "a-", "x" * 64, ".".join(["x" * 60] * 4) + ".xxxxxxxxxx"],
    "ipv4": ["256.1.1.1", "1.2.3", "1.2.3.4.5"],
    "ipv6": [":::", "12345::", "1::2::3", "::01.2.3.4", "1:2:3:4:5:6:7"],
    "uuid": ["123e4567e89b12d3a456426614174000"],
    "json-pointer": ["a", "/a~2"],
    "relative-json-pointer": ["01", "-1", "1#/a"],
    "json-pointer-uri-fragment": ["/a", "#/ "],
    "uri-template": ["{", "a b", "{a:0}"],
    "regex": ["["],
}


def cases(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, text) for name, texts in table.items() for text in texts]


def schema_of(name: str, **more: object) -> Schema:
    return Schema({"$id": "/a/1.0.0", "properties": {"x": {"type": "string", "format": name, **more}}})


@pytest.mark.parametrize(("name", "text"), cases(ACCEPTED))
def test_format__as_ajv_accepts__accepted(name: str, text: str) -> None:
    assert schema_of(name).is_valid({"x": text})


@pytest.mark.parametrize(("name", "text"), cases(REFUSED))
def test_format__as_ajv_refuses__refused_and_told_as_format(name: str, text: str) -> None:
    schema = schema_of(name)

    assert not schema.is_valid({"x": text})
    assert [(v.pointer, v.keyword) for v in schema.violations({"x": text})] == [("/x", "format")]


def test_format__beside_a_pattern__both_hold() -> None:
    schema = schema_of("date", pattern="^2021")

    assert schema.is_valid({"x": "2021-01-01"})
    assert [v.keyword for v in schema.violations({"x": "2020-01-01"})] == ["pattern"]
    assert [v.keyword for v in schema.violations({"x": "2021"})] == ["format"]


def test_format__strict__follows_the_standards() -> None:
    document = {"$id": "/a/1.0.0", "properties": {"x": {"format": "date-time"}}}
    strict = Schema(document, format_mode="strict")

    assert strict.is_valid({"x": "2020-02-28T00:00:00Z"})
    assert not strict.is_valid({"x": "2020-02-30T00:00:00Z"})
    assert not strict.is_valid({"x": "2020-01-01 00:00:00+0000"})


def test_format__property_of_that_name__is_no_keyword() -> None:
    document = {
        "$id": "/a/1.0.0",
        "properties": {"format": {"type": "string"}, "$id": {"type": "string"}, "pattern": {"type": "integer"}},
        "examples": [{"format": "date"}],
    }

    schema = Schema(document)

    assert schema.is_valid({"format": "date", "$id": "x", "pattern": 1})
    assert not schema.is_valid({"$id": 1})
    assert not schema.is_valid({"pattern": "x"})
