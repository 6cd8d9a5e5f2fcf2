"""Reading schema files: what JavaScript's YAML parsers read, nothing that harms, every error with its line."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from registry.schema import documents
from registry.schema.documents import DocumentError

LAUGHS = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)],
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: yes\nb: no\nc: on\nd: off\ne: y", {"a": "yes", "b": "no", "c": "on", "d": "off", "e": "y"}),
        ("a: 2021-01-01\nb: 2021-01-01T00:00:00Z", {"a": "2021-01-01", "b": "2021-01-01T00:00:00Z"}),
        ("a: true\nb: ~\nc:\nd: null", {"a": True, "b": None, "c": None, "d": None}),
        ("a: 010\nb: 0x10\nc: 0o10\nd: 1_000\ne: 1:30", {"a": 8, "b": 16, "c": "0o10", "d": 1000, "e": 90}),
        (
            "a: 0b11\nb: 08\nc: -.5\nd: 1:30.5\ne: 1_0.5\nf: 1__",
            {"a": 3, "b": "08", "c": "-.5", "d": 90.5, "e": 10.5, "f": "1__"},
        ),
        ("a: {'<<': {b: 1}}", {"a": {"<<": {"b": 1}}}),
        ("a: 1.5\nb: 1e3\nc: .5\nd: 18446744073709551615", {"a": 1.5, "b": 1000.0, "c": 0.5, "d": 2**64 - 1}),
        ("yes: 1\n1: 2\ntrue: 3", {"yes": 1, "1": 2, "true": 3}),
        ("'a': 'yes'\n\"b\": \"1\"\nc: !!str 1", {"a": "yes", "b": "1", "c": "1"}),
        ("a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}", {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1, "e": 2}}),
        ("d: {<<: [{a: 1}, {a: 2, b: 3}], b: 4}", {"d": {"a": 1, "b": 4}}),
    ],
)
def test_load__yaml__read_as_schema_repositories_write_it(text: str, value: Any) -> None:
    assert json.dumps(documents.load(text), sort_keys=True) == json.dumps(value, sort_keys=True)


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("a: 1\nb: [", 3, "document.unreadable"),
        ("a: 1\nb: 2\na: 3", 3, "document.duplicate_key"),
        ("a:\n  - !!python/object/apply:os.system ['true']", 2, "document.unreadable"),
        ("a: !!binary aGk=", 1, "document.unreadable"),
        ("a: &x [*x]", 1, "document.unreadable"),
        ("a: 1\nb: .nan", 2, "document.unreadable"),
        ("a: 1e999", 1, "document.too_large"),
        ("a: " + "9" * 5000, 1, "document.too_large"),
        ("a: 1\n---\nb: 2", 1, "document.unreadable"),
        ("", 1, "document.unreadable"),
        ("a: 1\nb: \x00", 2, "document.unreadable"),
        ("? [a]\n: 1", 1, "document.unreadable"),
        ("[" * 65 + "]" * 65, 1, "document.too_large"),
        ("[" * 5000, 1, "document.unreadable"),
        ("a: " + "x" * 1_000_001, 1, "document.too_large"),
        (LAUGHS, 5, "document.too_large"),
    ],
)
def test_load__harmful_or_broken__refused_with_line_and_quickly(text: str, line: int, code: str) -> None:
    started = time.process_time()

    with pytest.raises(DocumentError) as refused:
        documents.load(text)

    assert (refused.value.code, abs(refused.value.line - line) <= 1) == (code, True)
    assert refused.value.hint
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', '{"a": NaN}', "[" * 2000 + "]" * 2000, "[" * 100_000, "{", "1e", '{"a": 9' + "9" * 5000 + "}"]
)
def test_load_json__harmful_or_broken__refused(text: str) -> None:
    with pytest.raises(DocumentError):
        documents.load(text, is_json=True)


def test_load_json__escapes__read_by_json_s_rules() -> None:
    assert documents.load('{"a": "\\ud83d\\ude00"}', is_json=True) == {"a": "\U0001f600"}


def test_line_of__pointer__is_the_line_of_its_key() -> None:
    text = "a: 1\nproperties:\n  x/y:\n    type: strange\nlist:\n  - one\n  - two\n"

    assert documents.line_of(text, "/properties/x~1y/type") == 4
    assert documents.line_of(text, "/list/1") == 7
    assert documents.line_of(text, "/properties/absent/type") == 2
    assert documents.line_of(text, "") == 1


def test_line_of__within_aliases_and_unfinished_files__is_the_nearest() -> None:
    assert documents.line_of("a: &x\n  b: 1\nc: *x\nd: 1", "/c/b") == 3
    assert documents.line_of("a:\n  b: 1\nc: [", "/a/b") == 2
    assert documents.line_of("a:\n  b: 1\nc: [", "/c/0") >= 1
    assert documents.line_of('{"a": [\n1,\n{"b":\n2}]}', "/a/1/b") == 3
    assert documents.line_of("a: {a: 1}\nb:\n  a: 1", "/b/a") == 3
