"""PHP files: literal arrays are read, everything else is refused by its line; nothing is ever run."""

from __future__ import annotations

import math
import random
import time
from typing import Any

import pytest

from streamconfig.configuration.document import Document, Entry
from streamconfig.exchange import files, php_reading, php_writing
from streamconfig.exchange.errors import PhpNotLiteralError, TooLargeError, UnreadableError


def read(text: str) -> dict[str, Any]:
    return php_reading.read(text).values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'a'", "a"),
        (r"'it\'s \\ \n'", "it's \\ \\n"),
        (r'"a\tb\n\"\\\$x\x41\101\u{e9}\q"', 'a\tb\n"\\$xAAé\\q'),
        ("'é'", "é"),
        ("1", 1),
        ("-1", -1),
        ("+2", 2),
        ("0.15", 0.15),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("0x1F", 31),
        ("0b11", 3),
        ("0o17", 15),
        ("017", 15),
        ("1_000", 1000),
        ("true", True),
        ("FALSE", False),
        ("Null", None),
        ("[]", []),
        ("array()", []),
        ("['a', 'b',]", ["a", "b"]),
        ("array( 'a' => array( 1 ) )", {"a": [1]}),
        ("['a' => 1, 'b' => ['c' => null]]", {"a": 1, "b": {"c": None}}),
        ("['x', 5 => 'y', 'z']", {"0": "x", "5": "y", "6": "z"}),
        ("['1' => 'a', '01' => 'b']", {"1": "a", "01": "b"}),
        ("['a' => 1, 'a' => 2]", {"a": 2}),
        ("[ // c\n 'a', # d ]\n /* ' */ 'b' ]", ["a", "b"]),
        ("['// no comment', '# nor this']", ["// no comment", "# nor this"]),
    ],
)
def test_read__literal__is_its_value(text: str, value: Any) -> None:
    assert read(f"<?php\n$x = {text};\n") == {"x": value}


@pytest.mark.parametrize(
    "text",
    [
        "<?php\n$wgEventStreams = ['default' => ['a' => []]];",
        "<?php return ['wgEventStreams' => ['default' => ['a' => []]]];",
        "'wgEventStreams' => [ 'default' => [ 'a' => [] ] ],",
        "['wgEventStreams' => ['default' => ['a' => []]]]",
        "<?php\ndeclare(strict_types=1);\n$wgEventStreams['default'] = ['a' => []];\n?>\n",
        "$wgEventStreams['default']['a'] = [];",
    ],
)
def test_read__ways_to_write_it__are_the_same(text: str) -> None:
    assert read(text) == {"wgEventStreams": {"default": {"a": []}}}


@pytest.mark.parametrize(
    "value",
    [
        "foo()",
        "getenv('X')",
        "X",
        "X::Y",
        "\\X",
        "$y",
        "'a' . 'b'",
        "1 + 2",
        "[...$y]",
        "[&$y]",
        "(int)'5'",
        "new X",
        "fn() => 1",
        "function () { return 1; }",
        "`ls`",
        '"a $y"',
        '"a {$y}"',
        '"a ${y}"',
        "<<<E\na\nE",
        "include 'x'",
        "1 ? 2 : 3",
        "__DIR__",
        "[X => 1]",
        "[$y => 1]",
        "[1 2]",
        "[1 => => 2]",
        "['a' => [1]",
        "'open",
        "1.2.3",
        "99999999999999999999",
        "1e400",
        r'"\u{110000}"',
        r'"\u{d800}"',
        '"\\0"',
        "#[A]\n1",
        "@x()",
        "!true",
        "- 'a'",
        "{}",
        "(1)",
        "match(1) {}",
    ],
)
def test_read__anything_else__refused_by_its_line(value: str) -> None:
    with pytest.raises(PhpNotLiteralError) as refused:
        read(f"<?php\n$a = 1;\n\n$x = {value};")

    assert refused.value.line >= 4
    assert refused.value.code == "exchange.php_not_literal"


@pytest.mark.parametrize(
    "text",
    ["<?php\nfoo();", "<?php if (1) { }", "<?php $a += [];", "<html>", "<?php $a = [] ?> <b>", "<?php 5;", "<?php ['a'];"],
)
def test_read__other_statements__refused(text: str) -> None:
    with pytest.raises(PhpNotLiteralError):
        read(text)


@pytest.mark.parametrize("text", ["$a = " + "[" * 100_000, "$a = " + "array(" * 100_000])
def test_read__bottomless__refused_at_once(text: str) -> None:
    began = time.process_time()

    with pytest.raises(TooLargeError):
        read(text)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "text",
    [
        "$a = '" + "\\" * 200_000,
        '$a = "' + "\\\\" * 200_000 + '"x',
        "$a = [" + "1," * 200_000,
        "/*" * 200_000,
        "$a = " + "9" * 200_000 + ";",
        "#" * 200_000 + "\n(",
        "$a = '" + "x\n" * 200_000 + "' . x;",
    ],
)
def test_read__long_and_broken__costs_no_more_than_its_length(text: str) -> None:
    began = time.process_time()

    with pytest.raises(UnreadableError):
        read(text)
    assert time.process_time() - began < 5


def made_up(source: random.Random, depth: int = 0) -> Any:
    kind = source.randrange(7 if depth < 4 else 5)
    if kind == 0:
        return "".join(source.choice("a'\"\\$é\n{}[]=>,;/*#🙂") for _ in range(source.randrange(8)))
    if kind < 5:
        return [source.randrange(-(2**62), 2**62), source.random() * 10 ** source.randrange(-12, 12), True, None][kind - 1]
    if kind == 5:
        return [made_up(source, depth + 1) for _ in range(source.randrange(4))]
    names = ["a", "b c", "0", "7", "x'y", "-1", "é", "consumers"]
    found = {source.choice(names): made_up(source, depth + 1) for _ in range(source.randrange(1, 4))}
    return list(found.values()) if list(found) == [str(number) for number in range(len(found))] else found


def test_write__anything__is_read_as_the_same() -> None:
    source = random.Random(7)  # noqa: S311  # the same texts each time

    for _ in range(500):
        value = made_up(source)
        assert not (isinstance(value, float) and math.isnan(value))
        assert read(f"$x = {php_writing.literal(value)};") == {"x": value}


def test_write__with_overrides__is_layered_and_comes_back() -> None:
    overrides: dict[str, Any] = {
        "+private": {"defaults": {"a": 1}},
        "staging:+enwiki": {"streams": {"s": {"sample": {"rate": 0.1}}}},
    }
    document = Document({"topic_prefixes": ["a."]}, (Entry("s", {"schema_title": "x"}), Entry("off", {}, is_enabled=False)))
    document = Document(document.defaults, document.entries, (), {"overrides": overrides})

    text = files.write(document, "php")
    given = files.read(text.encode(), form="php", before=Document())

    assert "// Switched off here: off" in text
    assert given.document == {
        "streams": {"s": {"schema_title": "x"}, "off": {}},
        "defaults": {"topic_prefixes": ["a."]},
        "overrides": {"+private": {"defaults": {"a": 1}}, "staging:+enwiki": {"streams": {"s": {"sample": {"rate": 0.1}}}}},
    }


def test_file__keeps_what_php_has_no_words_for() -> None:
    before = Document(
        {}, (Entry("s", {"schema_title": "x"}, is_enabled=False, own={"windows": [{"from": "2026-12-01T00:00:00Z"}]}),)
    )

    given = files.read(b"$wgEventStreams = ['s' => ['schema_title' => 'y']];", form="php", before=before)

    assert given.document["streams"]["s"] == {
        "schema_title": "y",
        "is_enabled": False,
        "windows": [{"from": "2026-12-01T00:00:00Z"}],
    }


def test_file__numbered_entry__takes_its_name_from_stream() -> None:
    given = files.read(b"$wgEventStreams = [['stream' => 'a.b', 'x' => 1], 'c' => []];", form="php", before=Document())

    assert given.document["streams"] == {"a.b": {"stream": "a.b", "x": 1}, "c": {}}


def test_file__what_has_no_place_here_or_stands_twice__is_told() -> None:
    text = b"return [\n'wgEventStreams' => ['s' => ['a' => 1,\n'a' => 2]],\n'wgEventLoggingStreamNames' => [] ];"

    notices = files.read(text, form="php", before=Document()).notices

    assert notices[0].startswith("wgEventLoggingStreamNames has no place")
    assert notices[1] == "Line 3: wgEventStreams.s.a stands there a second time; the later one holds."


def test_file__list_of_streams_of_a_client__tells_which_are_gone() -> None:
    text = b"return ['wgEventLoggingStreamNames' => ['default' => ['s', 'gone']], 'wgEventStreams' => ['s' => ['a' => 1]]];"

    notices = files.read(text, form="php", before=Document()).notices

    assert notices[1:] == ("wgEventLoggingStreamNames names the stream gone, which isn't configured: take it off that list.",)
