"""The order of keys within items: kept by who takes over a file to the letter."""

from __future__ import annotations

from typing import Any

import pytest

from streamconfig.configuration.changes import apply, changes_between, key_moves, reverted

BEFORE: dict[str, dict[str, Any]] = {"defaults": {"a": 1, "c": {"x": 1, "z": 2}}, "streams": {"s": {"k": 1, "m": 2}}}


@pytest.mark.parametrize(
    "after",
    [
        {"defaults": {"a": 1, "b": 2, "c": {"x": 1, "z": 2}}, "streams": BEFORE["streams"]},
        {"defaults": {"c": {"z": 2, "y/~": 1, "x": 3}, "a": 1}, "streams": BEFORE["streams"]},
        {"defaults": {}, "streams": {"s": {"m": 2, "k": 1}, "t": {"b": 1, "a": 2}}},
        {"defaults": BEFORE["defaults"], "streams": {}},
        BEFORE,
    ],
)
def test_key_moves__applied_with_the_changes__make_the_document_to_the_letter(after: dict[str, dict[str, object]]) -> None:
    changes = [*changes_between(BEFORE, after), *key_moves(BEFORE, after)]

    made, conflicts = apply(BEFORE, changes)

    assert conflicts == ()
    assert str(made) == str(after)


def test_key_moves__taken_back__the_old_order_holds() -> None:
    after = {**BEFORE, "defaults": {"c": {"z": 2, "x": 1}, "a": 1}}
    moves = key_moves(BEFORE, after)

    made, _ = apply(after, reverted(moves))

    assert str(made) == str(BEFORE)


def test_key_moves__nothing_but_new_keys_behind__are_none() -> None:
    assert key_moves(BEFORE, {**BEFORE, "defaults": {**BEFORE["defaults"], "d": 1}}) == []


def test_key_moves__keys_that_have_a_place_of_their_own__are_no_move() -> None:
    after = {**BEFORE, "streams": {"s": {"about": {"b": 1}, "k": 1, "m": 2}}}

    assert key_moves(BEFORE, after, but=("about",)) == []
