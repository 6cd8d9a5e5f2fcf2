"""The language in which people mend events."""

from __future__ import annotations

from typing import Any

import pytest

from monitoring.rejected.assignments import AssignmentError, NotConvertibleError, apply, parse


def mended(rule: str, event: dict[str, Any]) -> dict[str, Any]:
    apply(parse(rule), event)
    return event


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("a.n = string(a.n)", {"a": {"n": 0}}, {"a": {"n": "0"}}),
        ("a = string(a)", {"a": True}, {"a": "true"}),
        ("a = string(a)", {"a": {"b": [1]}}, {"a": '{"b": [1]}'}),
        ("a = string(a)", {"a": "x"}, {"a": "x"}),
        ("a = number(a)", {"a": " 1.5 "}, {"a": 1.5}),
        ("a = integer(a)", {"a": "12"}, {"a": 12}),
        ("a = integer(a)", {"a": 12.0}, {"a": 12}),
        ("a = boolean(a)", {"a": "Yes"}, {"a": True}),
        ("a = boolean(a)", {"a": 0}, {"a": False}),
        ("a = lower(a)", {"a": "MAIN"}, {"a": "main"}),
        ("a = b", {"b": 1}, {"b": 1, "a": 1}),
        ("a = lower(b.c)", {"b": {"c": "X"}}, {"b": {"c": "X"}, "a": "x"}),
        ('a = "text with = and // in it"', {}, {"a": "text with = and // in it"}),
        ("a.b.c = 5", {}, {"a": {"b": {"c": 5}}}),
        ('a = {"b": [1, null, true]}', {}, {"a": {"b": [1, None, True]}}),
        ("a.b = string(a.b)", {"c": 1}, {"c": 1}),  # absent: nothing to do
        ("a.b = string(a.b)", {"a": 5}, {"a": 5}),
        ("delete a.b", {"a": {"b": 1, "c": 2}}, {"a": {"c": 2}}),
        ("delete a.b", {"a": 1}, {"a": 1}),
        ("delete a[0]", {"a": [1, 2]}, {"a": [2]}),
        ("delete a[].b", {"a": [{"b": 1}, {"c": 1}, 7]}, {"a": [{}, {"c": 1}, 7]}),
        ("a[].n = string(a[].n)", {"a": [{"n": 1}, {"n": 2}]}, {"a": [{"n": "1"}, {"n": "2"}]}),
        ("a[1].n = 9", {"a": [{}, {}]}, {"a": [{}, {"n": 9}]}),
        ("a[].s = b", {"a": [{}, {}], "b": 3}, {"a": [{"s": 3}, {"s": 3}], "b": 3}),
        ('$schema = "/a/1.0.1"', {"$schema": "/a/1.0.0"}, {"$schema": "/a/1.0.1"}),
        ('http."user-agent" = lower(http."user-agent")', {"http": {"user-agent": "X"}}, {"http": {"user-agent": "x"}}),
        ('"a=b" = 1', {}, {"a=b": 1}),
        ("# a comment\n\n a = 1 \n b = a", {}, {"a": 1, "b": 1}),
    ],
)
def test_apply__each_form__does_what_it_says(rule: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    assert mended(rule, before) == after


@pytest.mark.parametrize(
    ("rule", "line", "word"),
    [
        ("a", 1, "no ="),
        ("a = 1\nb = ", 2, "no path"),
        ("a = eval(b)", 1, "there is no eval()"),
        ("a = __import__('os')", 1, "not expected"),
        ("a = b + c", 1, "not expected"),
        ("a = string(string(b))", 1, "not expected"),
        ("a..b = 1", 1, "no path"),
        ("a[x] = 1", 1, "not expected"),
        ("[0] = 1", 1, "no path"),
        ("a = b[]", 1, "[] on the right"),
        ("a = NaN()", 1, ""),
        ("= 1", 1, "no path"),
        ("\n" * 3 + "a.b. = 1", 4, "no path"),
        ("a = " + "x" * 3000, 1, "too long"),
        ("\n".join(["a = 1"] * 51), 51, "at most 50"),
    ],
)
def test_parse__no_assignment__says_which_line_and_why(rule: str, line: int, word: str) -> None:
    with pytest.raises(AssignmentError) as raised:
        parse(rule)

    assert f"Line {line}:" in str(raised.value)
    assert word in str(raised.value)


@pytest.mark.parametrize(
    ("function", "value"),
    [
        ("number", "twelve"),
        ("number", True),
        ("number", None),
        ("number", "1e999"),
        ("number", "NaN"),
        ("integer", 1.5),
        ("integer", [1]),
        ("boolean", "perhaps"),
        ("lower", 5),
    ],
)
def test_apply__a_value_that_fits_not__says_its_kind_never_the_value(function: str, value: Any) -> None:
    with pytest.raises(NotConvertibleError) as raised:
        mended(f"a = {function}(a)", {"a": value})

    assert "twelve" not in str(raised.value)
    assert "perhaps" not in str(raised.value)


def test_apply__a_value_of_the_rule__is_each_events_own() -> None:
    steps = parse("a = {}\na.b = 1")
    first: dict[str, Any] = {}
    second: dict[str, Any] = {}

    apply(steps, first)
    first["a"]["c"] = 2
    apply(steps, second)

    assert second == {"a": {"b": 1}}
