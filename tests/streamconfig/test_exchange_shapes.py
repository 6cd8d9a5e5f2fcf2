"""What a parsed file means: ours, Wikimedia's, an API's answer; and nothing that breaks the reader."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from streamconfig.configuration import document as documents
from streamconfig.configuration.document import Document, Entry
from streamconfig.exchange import files, php_writing
from streamconfig.exchange.errors import ImportRefusedError, UnreadableError
from streamconfig.exchange.files import Given

BEFORE = Document({"a": 1, "b": {"x": 1}}, (Entry("kept", {"c": 2}, is_enabled=False), Entry("other", {})))


def read(value: Any, before: Document = BEFORE) -> Given:
    return files.read(json.dumps(value).encode(), form="json", before=before)


def test_ours__is_taken_as_it_is() -> None:
    ours = {"defaults": {"a": 2}, "streams": {"s": {"x": 1}}, "teams": {"web": {"title": "Web"}}}

    assert read(ours).document == ours


@pytest.mark.parametrize(
    "value",
    [
        {"wgEventStreams": {"default": {"s": {"x": 1}}, "+enwiki": {"s": {"x": 2}}}},
        {"default": {"s": {"x": 1}}, "+enwiki": {"s": {"x": 2}}},
        {"streams": {"s": {"x": 1}}, "overrides_by_wiki_tag": {"+enwiki": {"s": {"x": 2}}}},
    ],
)
def test_layers__however_they_are_named__are_overrides(value: Any) -> None:
    assert read(value).document == {"streams": {"s": {"x": 1}}, "overrides": {"+enwiki": {"streams": {"s": {"x": 2}}}}}


def test_layers__of_streams_and_defaults__meet_in_one_override() -> None:
    value = {
        "defaults": {"default": {"a": 1}, "+private": {"a": 2}},
        "streams": {"s": {}},
        "overrides_by_wiki_tag": {"+private": {"s": {"x": 1}}},
    }

    assert read(value).document["overrides"] == {"+private": {"defaults": {"a": 2}, "streams": {"s": {"x": 1}}}}


def test_streams_alone__are_streams() -> None:
    assert read({"s": {"schema_title": "x"}}).document == {"streams": {"s": {"schema_title": "x"}}}


def test_answer__says_as_little_as_needed_on_top_of_the_defaults() -> None:
    answer = {
        "kept": {"a": 1, "b": {"x": 1}, "c": 2, "stream": "kept", "topics": ["kept"]},
        "new": {"a": 1, "b": {"x": 5, "y": 6}, "stream": "new", "topics": ["t"]},
        "less": {"a": 1, "stream": "less", "topics": ["less"]},
    }

    given = read({"streams": answer})

    assert given.document["streams"] == {
        "kept": {"c": 2, "is_enabled": False},
        "new": {"b": {"x": 5, "y": 6}, "topics": ["t"]},
        "less": {"b": None},
    }
    assert [notice.split(":")[0] for notice in given.notices] == ["less"]


def test_answer__name_under_a_pattern__is_a_stream_of_its_own() -> None:
    answer = {"job.a": {"topic_prefixes": ["eqiad."], "stream": "/^job/", "topics": ["eqiad.job.a"]}}

    given = read({"streams": answer}, Document())

    assert given.document["streams"] == {"job.a": {"topic_prefixes": ["eqiad."]}}


_ODD: list[Any] = [None, True, 0, "x", "", [], {}, [1], {"a": 1}, {"default": {}}, {"default": {}, "+x": {"s": 5}}]
_ODD += [{"s": {"stream": 5, "topics": 5}}, {"s": {"stream": "s", "topics": ["s"], "topic_prefixes": 5}}, [{"stream": "q"}]]
_NAMES = ["streams", "defaults", "overrides", "overrides_by_wiki_tag", "wgEventStreams", "error", "sites", "x"]


@pytest.mark.parametrize("form", ["json", "php"])
def test_odd_values__anywhere__are_refused_or_told_and_break_nothing(form: str) -> None:
    for name, value, other in product(_NAMES, _ODD, ["streams", "wgEventStreams"]):
        parsed = {other: {"s": {"schema_title": "x"}}, name: value}
        text = json.dumps(parsed) if form == "json" else php_writing.literal(parsed)
        given = given_or_nothing(text, form)
        for problem in documents.read(given.document).problems:
            assert given.finding(problem).remedy


def given_or_nothing(text: str, form: str) -> Given:
    try:
        return files.read(text.encode(), form=form, before=BEFORE)
    except (UnreadableError, ImportRefusedError):
        return Given({})


def test_layers__override_that_is_there__keeps_what_such_a_file_has_no_words_for() -> None:
    before = documents.read({"streams": {}, "overrides": {"+large": {"reason": "enough sessions", "streams": {"s": {"a": 1}}}}})
    layers = {"default": {"s": {"a": 1}}, "+large": {"s": {"a": 2}}, "+new": {"s": {"a": 3}}}

    given = read({"wgEventStreams": layers}, before)

    assert given.document["overrides"] == {
        "+large": {"streams": {"s": {"a": 2}}, "reason": "enough sessions"},
        "+new": {"streams": {"s": {"a": 3}}},
    }
