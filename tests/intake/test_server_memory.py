"""The server gives back what large requests left in the heap, and not more often than it is worth."""

from __future__ import annotations

import pytest

from intake.server.memory import Memory

MB = 1024 * 1024


@pytest.mark.parametrize(
    ("sizes", "trims"),
    [
        ([100, 101, 110, 120], 0),  # as any process breathes
        ([100, 300, 110, 300], 2),  # each time it has grown
        ([100, 300, 300, 300], 1),  # what is in use can't be given back, and isn't asked for again
        ([300, 100, 170], 1),  # counted from when it was smallest
        ([0, 0], 0),  # a system that doesn't say
    ],
)
def test_look__sizes_over_time__trims_what_is_worth_it(sizes: list[int], trims: int) -> None:
    told: list[int] = []
    size = [0]
    memory = Memory(resident=lambda: size[0] * MB, trim=lambda: told.append(size[0]))

    for number, now in enumerate(sizes):
        size[0] = now
        memory.look(number * 5.0)

    assert len(told) == trims


def test_look__often__asks_seldom() -> None:
    asked: list[int] = []
    memory = Memory(resident=lambda: asked.append(1) or MB, trim=lambda: None)  # type: ignore[func-returns-value]  # counts the calls

    for tenth in range(100):
        memory.look(tenth / 10)

    assert len(asked) == 2
