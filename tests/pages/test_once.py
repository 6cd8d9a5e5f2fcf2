from __future__ import annotations

from itertools import count

from eventplatform.once import once, one_moment


def test_once__within_a_moment__is_asked_once() -> None:
    numbers = count(1)

    with one_moment():
        found = [once("a", lambda: next(numbers)), once("a", lambda: next(numbers)), once("b", lambda: next(numbers))]

    assert found == [1, 1, 2]


def test_once__outside_of_moments__is_asked_each_time() -> None:
    numbers = count(1)

    with one_moment():
        once("a", lambda: next(numbers))

    assert [once("a", lambda: next(numbers)) for _ in range(2)] == [2, 3]


def test_one_moment__within_another__is_part_of_it() -> None:
    numbers = count(1)

    with one_moment():
        first = once("a", lambda: next(numbers))
        with one_moment():
            second = once("a", lambda: next(numbers))
        third = once("a", lambda: next(numbers))

    assert (first, second, third) == (1, 1, 1)
