"""Overrides by environment, site and tag: the layering of Wikimedia's site configuration."""

from __future__ import annotations

from typing import Any

import pytest

from streamconfig.configuration import document, scopes
from streamconfig.configuration.document import Document
from streamconfig.configuration.merge import array_merge_under
from streamconfig.configuration.scopes import Scope, ScopeInvalidError, resolve, scoped
from streamconfig.configuration.stream_set import StreamSet

PLAIN = {"a": {"schema_title": "t/a", "sample": {"unit": "session", "rate": 0.5}}, "b": {"schema_title": "t/b"}}


def of(overrides: dict[str, Any], **more: Any) -> Document:
    found = document.read({"defaults": {"canary_events_enabled": True}, "streams": PLAIN, "overrides": overrides, **more})
    assert found.problems == ()
    return found


def held(found: Document) -> dict[str, Any]:
    return {entry.name: entry.as_json() for entry in found.entries}


def rate(overrides: dict[str, Any], scope: Scope, environment: str = "") -> Any:
    return held(scoped(of(overrides), scope, environment))["a"]["sample"]["rate"]


def with_rate(value: Any) -> dict[str, Any]:
    return {"streams": {"a": {"sample": {"rate": value}}}}


SITE = Scope("enwiki", ("private", "wikipedia"))


@pytest.mark.parametrize(
    ("out", "less", "merged"),
    [
        ({"a": 1}, {"a": 2, "b": 3}, {"a": 1, "b": 3}),
        ({"a": None}, {"a": 2}, {"a": 2}),
        ({"a": False}, {"a": True}, {"a": True}),
        ({"a": 0, "b": ""}, {"a": 1, "b": "x"}, {"a": 0, "b": ""}),
        ({"a": {"x": 1}}, {"a": {"x": 2, "y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": ["x"]}, {"a": ["y", "z"]}, {"a": ["x", "y", "z"]}),
        ({"a": {"1.5": "x"}}, {"a": {"1.5": "y"}}, {"a": {"1.5": "x", "0": "y"}}),  # a number to PHP, yet no index
        ({"a": 5}, {"a": {"x": 1}}, {"a": 5}),
        ({"a": []}, {"a": {"x": 1}}, {"a": {"x": 1}}),
    ],
)
def test_merge_under__case__is_as_the_references(out: Any, less: Any, merged: Any) -> None:
    assert array_merge_under(out, less) == merged


def test_merge_under__keys__the_more_specific_come_first() -> None:
    assert list(array_merge_under({"z": 1}, {"a": 1, "z": 2, "b": 3})) == ["z", "a", "b"]


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({}, 0.5),
        ({"+enwiki": with_rate(0.1)}, 0.1),
        ({"+enwiki": with_rate(0)}, 0),
        ({"+private": with_rate(0.2), "+wikipedia": with_rate(0.3)}, 0.2),
        ({"+wikipedia": with_rate(0.3), "+*": with_rate(0.4)}, 0.3),
        ({"+enwiki": with_rate(0.1), "+private": with_rate(0.2)}, 0.1),
        ({"+*": with_rate(0.4)}, 0.4),
        ({"+dewiki": with_rate(0.9)}, 0.5),
        ({"prod:+*": with_rate(0.6), "+*": with_rate(0.4)}, 0.6),
        ({"prod:+*": with_rate(0.6), "+enwiki": with_rate(0.1)}, 0.1),
        ({"prod:+enwiki": with_rate(0.6), "+enwiki": with_rate(0.1)}, 0.6),
        ({"staging:+enwiki": with_rate(0.9)}, 0.5),
    ],
)
def test_scoped__overrides_that_merge__the_most_specific_holds(overrides: dict[str, Any], expected: float) -> None:
    assert rate(overrides, SITE, "prod") == expected


def test_scoped__site_without_plus__replaces_everything() -> None:
    found = scoped(of({"enwiki": with_rate(0.1), "+private": {"streams": {"b": {"x": 1}}}}), SITE, "")

    assert held(found) == {"a": {"sample": {"rate": 0.1}}}


def test_scoped__tag_without_plus__merges_under_and_ends_the_search() -> None:
    overrides = {"+enwiki": with_rate(0.1), "private": {"streams": {"c": {"x": 1}}}, "+wikipedia": {"streams": {"d": {}}}}

    found = scoped(of(overrides), SITE, "")

    assert held(found) == {"a": {"sample": {"rate": 0.1}}, "c": {"x": 1}}
    assert found.defaults == {"canary_events_enabled": True}  # no override says anything of defaults


def test_scoped__defaults_and_streams__are_layered_each_for_itself() -> None:
    overrides = {"enwiki": {"defaults": {"x": 1}}, "+private": with_rate(0.2)}

    found = scoped(of(overrides), SITE, "")

    assert found.defaults == {"x": 1}
    assert held(found)["a"]["sample"]["rate"] == 0.2


def test_scoped__keys_of_streams__the_more_specific_come_first() -> None:
    found = scoped(of({"+enwiki": {"streams": {"b": {"x": 1}}}}), SITE, "")

    assert [entry.name for entry in found.entries] == ["b", "a"]


def test_scoped__nothing_differs__is_the_same_document() -> None:
    plain = of({"+dewiki": with_rate(0.9)})

    assert scoped(plain, SITE, "") is plain
    assert scoped(plain, None, "") is plain


def test_scoped__no_scope__has_what_holds_for_every_site() -> None:
    assert held(scoped(of({"+*": with_rate(0.4), "+enwiki": with_rate(0.1)}), None, ""))["a"]["sample"]["rate"] == 0.4


def test_scoped__own_keys__stay_and_what_is_off_is_off_everywhere() -> None:
    plain = document.read(
        {
            "streams": {"a": {"is_enabled": False, "about": {"owner": "web"}, "ramp": []}},
            "overrides": {"+enwiki": {"streams": {"a": {"is_enabled": True, "x": 1}}}},
        }
    )

    (entry,) = scoped(plain, SITE, "").entries

    assert (entry.is_enabled, entry.about.owner, entry.settings) == (False, "web", {"x": 1})


def test_scoped__bad_entry__is_told_and_breaks_no_other() -> None:
    plain = of({})
    broken = {"+enwiki": {"streams": {"a": {"sample": 5}, "b": {"x": 1}}}}

    found = scoped(Document(plain.defaults, plain.entries, (), {"overrides": broken}), SITE, "")

    assert set(held(found)) == {"b"}
    assert [one.stream for one in found.problems] == ["a"]


SITES = {"enwiki": {"tags": ["wikipedia"], "hosts": ["en.example.org"]}, "officewiki": {"tags": ["private"]}}


@pytest.mark.parametrize(
    ("text", "host", "scope"),
    [
        ("", "", Scope()),
        ("enwiki", "", Scope("enwiki", ("wikipedia",))),
        ("enwiki|a|b", "", Scope("enwiki", ("a", "b"))),
        ("elsewhere", "", Scope("elsewhere")),
        ("", "EN.example.org:8000", Scope("enwiki", ("wikipedia",))),
        ("", "de.example.org", Scope()),
        ("officewiki", "en.example.org", Scope("officewiki", ("private",))),
    ],
)
def test_resolve__text_or_host__is_a_site_with_its_tags(text: str, host: str, scope: Scope) -> None:
    assert resolve(of({}, sites=SITES), text, host=host) == scope


@pytest.mark.parametrize("text", ["|", "enwiki|", "+enwiki", "a b", "*", "a:b", "x" * 101, "|".join("a" * 60)])
def test_resolve__no_scope__refused(text: str) -> None:
    with pytest.raises(ScopeInvalidError):
        resolve(of({}), text)


def test_layers__scopes_with_the_same_overrides__are_alike() -> None:
    plain = of({"+enwiki": with_rate(0.1)})

    assert scopes.layers(plain, Scope("a1"), "") == scopes.layers(plain, Scope("b2"), "") == ()
    assert scopes.layers(plain, Scope("enwiki"), "") == ("+enwiki",)


def test_stream_set__of_a_scoped_document__answers_with_the_sites_rate() -> None:
    found = StreamSet(scoped(of({"+enwiki": with_rate(0.01)}), SITE, "")).select(["a"])

    assert found["a"]["sample"] == {"rate": 0.01, "unit": "session"}


@pytest.mark.parametrize(
    ("stream", "place", "code"),
    [
        ({"s": {"windows": "always"}}, "/streams/s/windows", None),
        ({"s": {"is_enabled": "no"}}, "/streams/s/is_enabled", "setting.bad_value"),
        ({"s": {"about": {"owner": "web"}}}, "/streams/s/about", "setting.not_by_site"),
        ({"s": {"log": {"partitions": 3}}}, "/streams/s/log", "setting.not_by_site"),
        ({"s": {"sample": {"rate": 7}}}, "/streams/s/sample/rate", "setting.bad_value"),
        ({"a b": {}}, "/streams/a b", "stream.bad_name"),
        ({"/(/": {}}, "/streams/~1(~1", "stream.bad_pattern"),
    ],
)
def test_override__that_cannot_be_used__is_told_by_its_place(stream: dict[str, Any], place: str, code: str | None) -> None:
    (problem,) = document.read({"overrides": {"+enwiki": {"streams": stream}}}).problems

    assert (problem.section, problem.stream, problem.pointer) == ("overrides", "+enwiki", place)
    assert code in (None, problem.code)
