from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.pages import json_text
from tests.cpu import least_seconds

TEXT = """{
  "a/b": {"c": [1, {"d~": "x: {"}]},
  "e": "\\"]",
  "f": -12345678901234567890123,
  "g": "\\u0000"
}"""


def test_scan__nested__every_value_has_its_line() -> None:
    found = json_text.scan(TEXT)

    assert found.places == {"": 0, "/a~1b": 1, "/a~1b/c": 1, "/a~1b/c/0": 1, "/a~1b/c/1": 1, "/a~1b/c/1/d~0": 1,
                            "/e": 2, "/f": 3, "/g": 4}  # fmt: skip
    assert (found.depth, found.huge, found.null_characters) == (4, ["/f"], ["/g"])
    assert found.line_of("/a~1b/c/7/missing") == 1
    assert found.line_of("/missing") == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, 0, 2]))
def test_scan__any_json__keeps_every_character(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)

    found = json_text.scan(text)

    assert "\n".join("".join(part.text for part in line) for line in found.lines) == text
    assert "" in found.places


def test_scan__kinds__tell_keys_from_texts() -> None:
    assert [(part.kind, part.text) for part in json_text.scan('{"a": [true, "b"]}').lines[0] if part.kind] == [
        ("p", "{"), ("k", '"a"'), ("p", ":"), ("p", "["), ("n", "true"), ("p", ","), ("s", '"b"'), ("p", "]"), ("p", "}"),
    ]  # fmt: skip


def test_readable__one_long_line__is_written_anew() -> None:
    value = {"a": "x" * 300, "b": 1}

    assert json_text.readable(json.dumps(value), value).count("\n") == 3
    assert json_text.readable('{"a": 1}', {"a": 1}) == '{"a": 1}'


@pytest.mark.parametrize(
    ("pointer", "name"), [("/revision/rev_dt", "revision.rev_dt"), ("/tags/0/x", "tags[0].x"), ("/a~1b", "a/b"), ("", "")]
)
def test_name_of__pointer__is_a_field_as_people_name_it(pointer: str, name: str) -> None:
    assert json_text.name_of(pointer) == name


def test_scan__a_megabyte__takes_little() -> None:
    text = json.dumps({"a": ["\\" * 50, 1] * 15_000})

    assert least_seconds(lambda: json_text.scan(text), tries=3) < 1
