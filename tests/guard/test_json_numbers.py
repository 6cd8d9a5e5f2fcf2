"""Integers that don't fit, found in the bytes, are those of the document that a parser makes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventplatform.core.pointers import MAX_POINTER, pointer_of
from eventplatform.guard.errors import NumberOutOfRangeError
from eventplatform.guard.json_numbers import check_integers

HUGE = 2**64


def place(text: str) -> tuple[str, str] | None:
    try:
        check_integers(text.encode())
    except NumberOutOfRangeError as error:
        return error.pointer, str(error.facts["text"])
    return None


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("[0,[1,2],{},18446744073709551616]", "/3"),
        ('{"a":[{"b":[]},{"c" : -9223372036854775809}]}', "/a/1/c"),
        ('{"a":18446744073709551616,"b":[18446744073709551617]}', "/a"),
        ('{"a":18446744073709551616,"b":[18446744073709551617],"a":1}', "/b/0"),
        ('{"a":1,"a":{"b":18446744073709551616}}', "/a/b"),
        ('{"é":18446744073709551616,"\\u00e9":{"b":18446744073709551616}}', "/é/b"),
        ('{"\\ud83d\\ude00":18446744073709551616}', "/😀"),
        ('{"a\\"]":["[,",18446744073709551616]}', '/a"]/1'),
        ("18446744073709551616", ""),
    ],
)
def test_check_integers__one_that_does_not_fit__its_place(text: str, pointer: str) -> None:
    found = place(text)

    assert found is not None
    assert found[0] == pointer


@pytest.mark.parametrize(
    "text",
    [
        '{"é":18446744073709551616,"\\u00e9":1}',
        '{"\\ud83d\\ude00":[18446744073709551616],"😀":1}',
        '{"a":{"b":[0,{"c":18446744073709551616}]},"a":{"b":[0,{"c":1}]}}',
        '[{"a":18446744073709551616,"b":{},"a":[]}]',
        '{"18446744073709551616":"18446744073709551616"}',
    ],
)
def test_check_integers__none_in_the_document__passes(text: str) -> None:
    assert place(text) is None


def test_check_integers__long_names_and_digits__cut() -> None:
    found = place('{"' + "é" * 10_000 + '":' + "9" * 10_000 + "}")

    assert found == ("/" + "é" * (MAX_POINTER - 2) + "…", "9" * 40)


NAMES = st.sampled_from(
    ['"a"', '"\\u0061"', '"é"', '"\\u00e9"', '"😀"', '"\\ud83d\\uDE00"', '"\\\\"', '"\\u005c"', '"~/"', '"\\""']
)
TEXTS = st.recursive(
    st.sampled_from([str(HUGE), str(-HUGE), "1", "1e30", f"{HUGE}.5", "true", f'"{HUGE}"', '"[,{:"']),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda found: f"[{', '.join(found)}]")
        | st.lists(st.tuples(NAMES, inner), max_size=5).map(
            lambda found: f"{{{','.join(f'{name} :{value}' for name, value in found)}}}"
        )
    ),
    max_leaves=30,
)


def places(node: Any, *way: str | int) -> Iterator[str]:
    if isinstance(node, dict):
        for name, inner in node.items():
            yield from places(inner, *way, name)
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from places(inner, *way, index)
    elif type(node) is int and abs(node) == HUGE:
        yield pointer_of(way)


@given(TEXTS)
def test_check_integers__any_json__as_a_parser_sees_it(text: str) -> None:
    found, expected = place(text), list(places(json.loads(text)))

    assert (found is None) == (not expected)
    assert found is None or found[0] in expected
