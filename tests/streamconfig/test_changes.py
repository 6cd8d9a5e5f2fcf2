"""Differences between documents, and their making: `apply(a, changes_between(a, b)) == b`, order and types and all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamconfig.configuration import changes
from streamconfig.configuration.changes import Change, apply, changes_between, content_hash, from_json, leaves, reverted

LEAVES = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([0.5, 1.0]) | st.text("ab", max_size=2)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3), max_leaves=6
)
SETTINGS = st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3)
ITEMS = st.permutations("abcd").flatmap(
    lambda names: st.integers(0, 4).flatmap(
        lambda number: st.tuples(*([SETTINGS] * number)).map(lambda held: dict(zip(names[:number], held, strict=True)))
    )
)
DOCUMENTS = st.fixed_dictionaries({"defaults": SETTINGS, "streams": ITEMS}, optional={"teams": ITEMS, "instruments": ITEMS})


def text(document: dict[str, Any]) -> str:
    """The document to the letter, names in their order; a section without items is none."""
    held = {name: list(section.items()) for name, section in document.items() if section or name == "streams"}
    defaults = dict(held.pop("defaults", []))
    return json.dumps(
        [normal(defaults), {name: [[key, normal(item)] for key, item in items] for name, items in held.items()}], sort_keys=True
    )


def normal(value: Any) -> Any:
    """1 and 1.0 are one number; the order of keys within an item is not told."""
    if isinstance(value, dict):
        return {name: normal(held) for name, held in value.items()}
    if isinstance(value, list):
        return [normal(held) for held in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@given(before=DOCUMENTS, after=DOCUMENTS)
def test_apply__the_difference__is_the_other_document(before: dict[str, Any], after: dict[str, Any]) -> None:
    made, conflicts = apply(before, changes_between(before, after))

    assert (text(made), conflicts) == (text(after), ())


@given(before=DOCUMENTS, after=DOCUMENTS)
def test_apply__kept_as_json_and_made_twice__is_the_same(before: dict[str, Any], after: dict[str, Any]) -> None:
    kept = from_json(json.loads(json.dumps([one.as_json() for one in changes_between(before, after)])))

    made, conflicts = apply(before, kept)
    again, told = apply(made, kept)

    assert (text(made), text(again), conflicts, told) == (text(after), text(after), (), ())


@given(before=DOCUMENTS, after=DOCUMENTS)
def test_reverted__takes_it_back(before: dict[str, Any], after: dict[str, Any]) -> None:
    made, _ = apply(before, changes_between(before, after))

    back, conflicts = apply(made, reverted(changes_between(before, after)))

    assert conflicts == ()
    assert text(sorted_names(back)) == text(sorted_names(before))


def sorted_names(document: dict[str, Any]) -> dict[str, Any]:
    return {name: dict(sorted(section.items())) for name, section in document.items()}


@given(before=DOCUMENTS, after=DOCUMENTS)
def test_changes__of_equal_documents__are_none(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert changes_between(before, json.loads(json.dumps(before))) == []
    assert (changes_between(before, after) == []) == (text(before) == text(after))


@given(base=DOCUMENTS, one=DOCUMENTS, two=DOCUMENTS)
def test_apply__of_two_people__what_is_disjoint_commutes(
    base: dict[str, Any], one: dict[str, Any], two: dict[str, Any]
) -> None:
    mine = {(change.section, change.name) for change in changes_between(base, one)}
    first = [change for change in changes_between(base, one) if change.kind != "moved"]
    second = [
        change for change in changes_between(base, two) if change.kind != "moved" and (change.section, change.name) not in mine
    ]

    here, told = apply(apply(base, first)[0], second)
    there, also = apply(apply(base, second)[0], first)

    assert (told, also) == ((), ())
    assert text(sorted_names(here)) == text(sorted_names(there))


@given(base=DOCUMENTS, one=DOCUMENTS, two=DOCUMENTS)
def test_apply__of_two_people__each_place_is_made_or_told(
    base: dict[str, Any], one: dict[str, Any], two: dict[str, Any]
) -> None:
    wanted = [change for change in changes_between(base, two) if change.kind == "changed"]
    ours, _ = apply(base, changes_between(base, one))

    merged, conflicts = apply(ours, wanted)

    told = {(conflict.section, conflict.name) for conflict in conflicts}
    for change in wanted:
        if (change.section, change.name) not in told:
            holder = merged[change.section] if change.section == "defaults" else merged[change.section][change.name]
            assert changes._same(holder_value(holder, change), holder_value(two_item(two, change), change)) or is_merged(change)


def two_item(document: dict[str, Any], change: Change) -> Any:
    return document[change.section] if change.section == "defaults" else document[change.section][change.name]


def holder_value(item: Any, change: Change) -> list[Any]:
    found = []
    for field in change.fields:
        value = item
        for key in field.keys:
            value = value.get(key, "absent") if isinstance(value, dict) else "absent"
        found.append(value)
    return found


def is_merged(change: Change) -> bool:
    """Two people added the same map: what each put into it counts."""
    return any(not field.was_set and isinstance(field.becomes, dict) for field in change.fields)


BASE: dict[str, Any] = {"defaults": {}, "streams": {"s": {"sample": {"unit": "session", "rate": 1}, "title": "a"}}}


def with_stream(**changed: Any) -> dict[str, Any]:
    return {"defaults": {}, "streams": {"s": {**BASE["streams"]["s"], **changed}}}


def test_apply__one_leaf_that_somebody_else_changed__is_told_and_the_rest_made() -> None:
    wanted = changes_between(BASE, with_stream(sample={"unit": "session", "rate": 0.5}, title="b"))

    made, [conflict] = apply(with_stream(sample={"unit": "pageview", "rate": 0.25}), wanted)

    assert (conflict.place, conflict.was, conflict.found, conflict.becomes) == ("streams s sample.rate", 1, 0.25, 0.5)
    assert made["streams"]["s"] == {"sample": {"unit": "pageview", "rate": 0.25}, "title": "b"}


def test_apply__neighbouring_leaves_of_two_people__both_hold() -> None:
    wanted = changes_between(BASE, with_stream(sample={"unit": "session", "rate": 0.5}))

    made, conflicts = apply(with_stream(sample={"unit": "pageview", "rate": 1}), wanted)

    assert (made["streams"]["s"]["sample"], conflicts) == ({"unit": "pageview", "rate": 0.5}, ())


@pytest.mark.parametrize(
    ("ours", "places"),
    [
        ({"defaults": {}, "streams": {}}, ["streams s sample.rate", "streams s title"]),
        (with_stream(sample=None), ["streams s sample.rate"]),
        (with_stream(sample={"unit": "session"}, title="b"), ["streams s sample.rate"]),
        (with_stream(sample={"unit": "session", "rate": 0.5}, title="c"), ["streams s title"]),
    ],
)
def test_apply__to_what_is_gone_or_other__is_told(ours: dict[str, Any], places: list[str]) -> None:
    wanted = changes_between(BASE, with_stream(sample={"unit": "session", "rate": 0.5}, title="b"))

    made, conflicts = apply(ours, wanted)

    assert [conflict.place for conflict in conflicts] == places
    assert list(made["streams"]) == list(ours["streams"])


def test_apply__added_or_removed_by_two__the_same_is_fine_and_another_is_told() -> None:
    gone: dict[str, Any] = {"defaults": {}, "streams": {}}

    assert apply(BASE, changes_between(gone, BASE)) == (BASE, ())
    assert apply(gone, changes_between(BASE, gone)) == (gone, ())
    assert [one.place for one in apply(with_stream(title="b"), changes_between(gone, BASE))[1]] == ["streams s"]
    assert [one.place for one in apply(with_stream(title="b"), changes_between(BASE, gone))[1]] == ["streams s"]


def test_apply__leaves_what_it_is_given_alone() -> None:
    before = json.loads(json.dumps(BASE))
    wanted = changes_between(BASE, with_stream(sample={"rate": 0.5}, more={"deep": [1]}))

    made, _ = apply(before, wanted)
    made["streams"]["s"]["more"]["deep"].append(2)

    assert before == BASE
    assert apply(before, wanted)[0]["streams"]["s"]["more"] == {"deep": [1]}


def test_changes__absent_null_and_types__are_told_apart() -> None:
    before = {"streams": {"a": {"x": None, "n": 1, "gone": {"deep": [1]}}, "b": {}}}
    after = {"streams": {"a": {"n": 1.0, "flag": True, "gone": {}}, "c": {"m": {}}}}

    found = [change.as_json() for change in changes_between(before, after)]

    assert [(one["section"], one["name"], one["kind"]) for one in found] == [
        ("streams", "a", "changed"), ("streams", "b", "removed"), ("streams", "c", "added"),
    ]  # fmt: skip
    assert sorted(found[0]["fields"], key=lambda one: str(one["path"])) == [
        {"path": "flag", "keys": ["flag"], "becomes": True},
        {"path": "gone.deep", "keys": ["gone", "deep"], "was": [1]},
        {"path": "x", "keys": ["x"], "was": None},
    ]
    assert found[2]["fields"] == [{"path": "m", "keys": ["m"], "becomes": {}}]


def test_changes__order_alone__is_a_change() -> None:
    [moved] = changes_between({"streams": {"a": {}, "b": {}}}, {"streams": {"b": {}, "a": {}}})

    assert (moved.kind, moved.fields[0].was, moved.fields[0].becomes) == ("moved", ["a", "b"], ["b", "a"])
    assert list(apply({"streams": {"a": {}, "new": {}, "b": {}}}, [moved])[0]["streams"]) == ["b", "a", "new"]


def test_leaves__of_a_map_that_comes_as_a_whole__are_its_values() -> None:
    [change] = changes_between(
        {"streams": {"s": {}}}, {"streams": {"s": {"sample": {"unit": "session", "rate": 1}, "odd": {}}}}
    )

    assert [(one.path, one.becomes) for one in leaves(change.fields)] == [
        ("sample.unit", "session"),
        ("sample.rate", 1),
        ("odd", {}),
    ]


def test_content_hash__covers_changes_and_parts() -> None:
    wanted = changes_between(BASE, with_stream(title="b"))

    hashes = {
        content_hash(wanted),
        content_hash(wanted, "2026-12-01"),
        content_hash(changes_between(BASE, with_stream(title="c"))),
    }

    assert len(hashes) == 3
    assert content_hash(wanted) == content_hash(from_json([one.as_json() for one in wanted]))
