"""Outcomes in groups and colours."""

from __future__ import annotations

from typing import get_args

from eventplatform.core.results import SUCCESSES, Outcome
from monitoring.outcomes import words


def test_groups__every_outcome_stands_in_one_and_no_colour_in_two() -> None:
    every = [outcome for group in words.GROUPS for outcome in group.outcomes]

    assert sorted(every) == sorted(get_args(Outcome))
    assert len({group.colour for group in words.GROUPS}) == len(words.GROUPS)
    assert {outcome for group in words.GROUPS if group.is_kept for outcome in group.outcomes} == SUCCESSES


def test_grouped__two_of_a_group_and_a_word_of_another_release__added_up_and_told() -> None:
    found = words.grouped({"late": [1, 2], "disabled": [3, 0], "accepted": [5, 5], "strange": [0, 1], "failed": [0, 0]})

    assert [(group.name, line) for group, line in found] == [
        ("Accepted", [5, 5]),
        ("Disabled or late", [4, 2]),
        ("Other", [0, 1]),
    ]
