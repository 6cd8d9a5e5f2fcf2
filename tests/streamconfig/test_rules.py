"""The pure rules: merging, topics, constraints, settings, differences, the form's values. No server, no database."""

from __future__ import annotations

from typing import Any

import pytest

from streamconfig.compatible import constraints
from streamconfig.configuration import document, php
from streamconfig.configuration.merge import array_replace_recursive
from streamconfig.configuration.stream_set import StreamSet
from streamconfig.configuration.topics import BadPatternError, compile_pattern, topics_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "1"), (False, ""), (None, ""), (1, "1"), (1.0, "1"), (0.15, "0.15"), (0.1 + 0.2, "0.3"),
        (1e-7, "1.0E-7"), (1.5e-7, "1.5E-7"), (1e25, "1.0E+25"), (-2.5, "-2.5"), ([], "Array"), ("x", "x"),
    ],
)  # fmt: skip
def test_text__of_a_value__is_phps(value: Any, text: str) -> None:
    assert php.text(value) == text


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ({"a": ["x", "y"]}, {"a": ["z"]}, {"a": ["z", "y"]}),
        ({"a": ["x"]}, {"a": []}, {"a": ["x"]}),  # an empty list clears nothing
        ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": None}, {"a": None}),
        ({"a": ["x"]}, {"a": {"k": "v"}}, {"a": {"0": "x", "k": "v"}}),
        ({"a": 1}, {"b": {"c": [1]}}, {"a": 1, "b": {"c": [1]}}),
    ],
)
def test_merge__as_php(base: Any, over: Any, merged: Any) -> None:
    assert array_replace_recursive(base, over) == merged


def test_merge__result__shares_nothing_with_its_sources() -> None:
    base: dict[str, Any] = {"a": {"b": [1]}}

    merged = array_replace_recursive(base, {"c": 1})
    merged["a"]["b"].append(2)

    assert base == {"a": {"b": [1]}}


@pytest.mark.parametrize(
    ("name", "settings", "topics"),
    [
        ("s", {}, ["s"]),
        ("s", {"topic_prefixes": ["a.", "b."]}, ["a.s", "b.s"]),
        ("s", {"topic_prefixes": []}, []),
        ("s", {"topic_prefixes": ["a."], "topics": []}, []),
        ("s", {"topic_prefixes": ["a."], "topics": ["t"]}, ["t"]),
        (r"/^j\..+/", {"topic_prefixes": ["a.", "b-"]}, [r"/^(a\.|b\-)j\..+/"]),
        ("/j/", {"topic_prefixes": ["a."]}, [r"/(a\.)j/"]),
        ("/j/", {"topic_prefixes": None}, ["/j/"]),
    ],
)
def test_topics__of_prefixes(name: str, settings: dict[str, Any], topics: list[str]) -> None:
    assert topics_of(name, settings) == topics


@pytest.mark.parametrize("name", ["/", "//", "/a", "/a/i", "/(/", "/" + "(" * 5000 + "/"])
def test_pattern__that_is_none__is_refused(name: str) -> None:
    with pytest.raises(BadPatternError):
        compile_pattern(name)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("a=1", {"a": "1"}),
        ("a", {"a": ""}),
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=1|a=2", {"a": ["1", "2"]}),
        ("a=b%20c%7Cd+e", {"a": "b c|d e"}),
        ("a[b][c]=v|a[b][d]=w", {"a": {"b": {"c": "v", "d": "w"}}}),
        ("a[0]=x|a[0]=y", {"a": ["x", "y"]}),
        ("a[]=x", {"a": {"": "x"}}),
        ("", {}),
        ("=v", {"": "v"}),
    ],
)
def test_constraints__parsed_as_a_query_string(text: str, parsed: dict[str, Any]) -> None:
    assert constraints.parse(text.split("|")) == parsed


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ({"list": ["b"]}, True),
        ({"list": ["b", "z"]}, False),
        ({"list": ["a"], "text": "WRONG"}, True),  # the reference looks no further on that level
        ({"text": "WRONG", "list": ["a"]}, False),
        ({"none": ""}, False),
        ({"flag": "1"}, True),
        ({"flag": "true"}, False),
        ({"off": ""}, True),
        ({"map": {"x": "1"}}, True),
        ({"map": "1"}, False),
        ({"text": {"x": "1"}}, False),
    ],
)
def test_constraints__match_as_the_reference(wanted: dict[str, Any], fits: bool) -> None:  # noqa: FBT001  # a table's column
    settings = {"list": ["a", "b"], "text": "t", "none": None, "flag": True, "off": False, "map": {"x": 1.0, "y": 2}}

    assert constraints.matches(settings, wanted) is fits


@pytest.mark.parametrize(
    ("settings", "pointer"),
    [
        ({"schema_title": 5}, "/schema_title"),
        ({"topic_prefixes": "eqiad."}, "/topic_prefixes"),
        ({"topics": ["two words"]}, "/topics"),
        ({"canary_events_enabled": 1}, "/canary_events_enabled"),
        ({"sample": {"rate": True}}, "/sample/rate"),
        ({"sample": {"rate": float("nan")}}, "/sample/rate"),
        ({"sample": {"unit": "user"}}, "/sample/unit"),
        ({"consumers": {"a/b": 1}}, "/consumers/a~1b"),
        ({"producers": {"eventgate": {"enabled": "yes"}}}, "/producers/eventgate/enabled"),
        ({"message_key_fields": {"k": 1}}, "/message_key_fields"),
        ({"is_enabled": "no"}, "/is_enabled"),
        ({"about": {"mood": "good"}}, "/about"),
    ],
)
def test_settings__bad__are_told_by_place(settings: dict[str, Any], pointer: str) -> None:
    entry, problems = document.read_entry("s", settings)

    assert entry is None
    assert [problem.pointer for problem in problems] == [pointer]


@pytest.mark.parametrize(
    "given", [None, [], {"streams": []}, {"streams": {"": {}}}, {"streams": {5: {}}}, {"streams": {"s": 1}}]
)
def test_document__not_one__is_told(given: Any) -> None:
    found = document.read(given)

    assert found.entries == ()
    assert len(found.problems) >= 1


def test_streams__one_bad_entry__leaves_the_others_and_the_defaults() -> None:
    found = document.read({"defaults": {"topic_prefixes": ["a."]}, "streams": {"good": {}, "bad": {"topics": 1}}})

    streams = StreamSet(found)

    assert list(streams.streams) == ["good"]
    assert streams.streams["good"].topics == ("a.good",)
    assert [problem.stream for problem in streams.problems] == ["bad"]


def test_find__pattern__computes_remembers_and_stays_bounded() -> None:
    streams = StreamSet(document.read({"streams": {"job.exact": {"schema_title": "e"}, r"/^job\./": {"schema_title": "j"}}}))

    assert streams.find("job.exact") is streams.streams["job.exact"]
    found = streams.find("job.a")
    assert found is not None
    assert (found.name, found.schema_title, found.topics) == ("job.a", "j", ("job.a",))
    assert streams.find("job.a") is found
    for number in range(3000):
        streams.find(f"job.{number}")
    assert len(streams._remembered) <= 1000
    assert streams.find("job.\n") is None  # no topic can be named so
    assert streams.find(r"/^job\./") is None
    assert streams.find("other") is None


SETTINGS = [
    {},
    {"topic_prefixes": None, "schema_title": "t", "sample": {"unit": "session", "rate": 0.15, "extra": 1}},
    {"topics": ["x"], "topic_prefixes": ["a."], "producers": {"p": {"enabled": False}}},
    {"sample": None, "consumers": None, "canary_events_enabled": False, "odd": [1, {"deep": None}]},
    {"destination_event_service": "main", "schema_title": None, "message_key_fields": {"k": "a.b"}},
    {"sample": {"rate": 1}},
    {"topic_prefixes": ["a.", "b."], "sample": {"unit": "pageview", "rate": 1e-06}},
]


def test_entry__several_mistakes__all_are_told_at_once() -> None:
    entry, problems = document.read_entry(
        "s",
        {"sample": {"rate": 2}, "is_enabled": "yes", "log": {"partitions": 0}, "ramp": [{"at": "x", "rate": 7}], "about": 5},
    )

    assert entry is None
    assert {one.pointer for one in problems} == {
        "/sample/rate",
        "/is_enabled",
        "/log/partitions",
        "/ramp/0/at",
        "/ramp/0/rate",
        "/about",
    }
