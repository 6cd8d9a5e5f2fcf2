"""Bytes to events: what is refused, where, and what passes unchanged."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventplatform.core.errors import RejectedError
from eventplatform.core.pointers import MAX_POINTER
from eventplatform.guard import errors
from eventplatform.guard.json_body import JsonLimits, parse_each, parse_events
from eventplatform.guard.lines import parse_lines

LIMITS = JsonLimits(max_events=10, max_depth=4)


def refusal(body: bytes, limits: JsonLimits = LIMITS) -> RejectedError:
    with pytest.raises(RejectedError) as caught:
        parse_events(body, limits)
    return caught.value


@pytest.mark.parametrize(("body", "expected"), [(b'{"a":1}', [{"a": 1}]), (b' [1, {"a":2}] ', [1, {"a": 2}])])
def test_parse_events__object_or_array__list(body: bytes, expected: list[Any]) -> None:
    assert parse_events(body, LIMITS) == expected


@pytest.mark.parametrize("body", [b"", b" ", b"\n", b"{}", b"[]", b" [ ] "])
def test_parse_events__nothing_in_it__empty(body: bytes) -> None:
    assert isinstance(refusal(body), errors.BodyEmptyError)


@pytest.mark.parametrize(("body", "kind"), [(b"1", "a number"), (b"1.5", "a number"), (b'"x"', "a string"), (b"null", "null")])
def test_parse_events__scalar__says_what_it_is(body: bytes, kind: str) -> None:
    assert kind in str(refusal(body))


def test_parse_events__no_json__says_line_and_column() -> None:
    error = refusal(b'{"a": 1,\n  "b": nonsense}')

    assert error.code == "json.invalid"
    assert "line 2" in str(error)


def test_parse_events__duplicate_keys__last_wins() -> None:
    assert parse_events(b'{"a":1,"a":2}', LIMITS) == [{"a": 2}]


@pytest.mark.parametrize(
    ("body", "is_too_deep"),
    [
        (b'{"a":{"b":{"c":{}}}}', False),
        (b'{"a":{"b":{"c":{"d":{}}}}}', True),
        (b'{"a":[[[]]]}', False),
        (b'{"a":[[[[]]]]}', True),
        (b'[{"a":{"b":{"c":{}}}}]', False),
        (b'[{"a":{"b":{"c":{"d":[]}}}}]', True),
        (b'{"a":"{{{{{{[[[["}', False),
        (b'[{"a":1},{"a":1},{"a":1},{"a":1},{"a":1}]', False),
        # Brackets within strings can't hide the real ones.
        (b'{"}":{"}":{"}":{"}":{"}":1,"x":"{"},"x":"{"},"x":"{"},"x":"{"},"x":"{"}', True),
    ],
)
def test_parse_events__nesting__counted_within_the_event(body: bytes, is_too_deep: bool) -> None:  # noqa: FBT001  # a case
    if is_too_deep:
        assert refusal(body).code == "json.too_deep"
    else:
        parse_events(body, LIMITS)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"a":{"b/c":18446744073709551616}}', "/a/b~1c"),
        (b'[{"a":1},{"a":[0,-9223372036854775809]}]', "/1/a/1"),
        (b'{"a":100000000000000000000000000}', "/a"),
    ],
)
def test_parse_events__integer_beyond_64_bits__place(body: bytes, pointer: str) -> None:
    error = refusal(body)

    assert (error.code, error.pointer) == ("json.number_out_of_range", pointer)


@pytest.mark.parametrize(
    "number",
    [b"18446744073709551615", b"-9223372036854775808", b"0.12345678901234567890123", b"12345678901234567890.5", b"1e30"],
)
def test_parse_events__number_that_fits_or_is_no_integer__passes(number: bytes) -> None:
    assert parse_events(b'{"a":%s}' % number, LIMITS) == [{"a": json.loads(number)}]


def test_parse_events__many_digits_in_a_text__pass() -> None:
    assert parse_events(b'{"a":"99999999999999999999999999"}', LIMITS) == [{"a": "9" * 26}]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [(b'{"a":{"b":"x\\u0000y"}}', "/a/b"), (b'[{"a":"b"},{"c":["\\u0000"]}]', "/1/c/0"), (b'{"a\\u0000":1}', "/a\0")],
)
def test_parse_events__null_character__place(body: bytes, pointer: str) -> None:
    error = refusal(body)

    assert (error.code, error.pointer) == ("json.null_character", pointer)


def test_parse_events__below_a_long_name__pointer_cut_and_marked() -> None:
    pointer = refusal(b'{"%s":["\\u0000"]}' % (b"k" * 100_000)).pointer

    assert (pointer[:3], pointer[-2:], len(pointer)) == ("/kk", "k…", MAX_POINTER)


def test_parse_events__escaped_backslash_before_u0000__is_plain_text() -> None:
    assert parse_events(b'{"a":"\\\\u0000"}', LIMITS) == [{"a": "\\u0000"}]


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (b'{"a":99999999999999999999,"a":1}', {"a": 1}),
        (b'{"a":[{"b":99999999999999999999}],"a":1}', {"a": 1}),
        (b'{"a":"\\u0000","a":1}', {"a": 1}),
    ],
)
def test_parse__duplicate_key_whose_first_value_may_not_be__only_the_last_counts(body: bytes, event: Any) -> None:
    assert parse_events(body, LIMITS) == [event]
    assert parse_each(b"[%s,{}]" % body, LIMITS) == [event, {}]
    assert parse_lines(body + b"\n{}", LIMITS) == [event, {}]


@pytest.mark.parametrize("value", [b"99999999999999999999", b'"\\u0000"'])
def test_parse__duplicate_key_whose_last_value_may_not_be__refused(value: bytes) -> None:
    assert refusal(b'{"a":1,"a":%s}' % value).pointer == "/a"


def test_parse_each__item_beyond_what_the_parser_takes__refused_whole() -> None:
    with pytest.raises(errors.JsonTooDeepError):
        parse_each(b"[{},%s]" % (b"[" * 1100 + b"]" * 1100), LIMITS)


def test_parse_events__more_events_than_allowed__counted() -> None:
    error = refusal(b"[" + b",".join([b"{}"] * 11) + b"]")

    assert (error.code, error.http_status, error.facts["count"]) == ("body.too_many_events", 413, 11)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=25,
)


def _depth(node: Any) -> int:
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return max((1 + _depth(child) for child in inner if isinstance(child, dict | list)), default=0)


def _scalars(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return [*node, *(found for child in node.values() for found in _scalars(child))]
    return [found for child in node for found in _scalars(child)] if isinstance(node, list) else [node]


@given(st.lists(JSON, min_size=1, max_size=10))
def test_parse_events__any_json__unchanged_or_refused_for_its_reason(events: list[Any]) -> None:
    body = json.dumps(events, ensure_ascii=False).encode("utf-8", "surrogatepass")
    scalars = _scalars(events)
    reasons = {
        "json.too_deep": _depth(events) > LIMITS.max_depth,
        "json.number_out_of_range": any(type(s) is int and not -(2**63) <= s < 2**64 for s in scalars),
        "json.null_character": any(isinstance(s, str) and "\0" in s for s in scalars),
        "json.invalid": any(isinstance(s, str) and any("\ud800" <= c <= "\udfff" for c in s) for s in scalars),
    }

    if any(reasons.values()):
        assert reasons[refusal(body).code]
    else:
        assert parse_events(body, LIMITS) == orjson.loads(body) == events
