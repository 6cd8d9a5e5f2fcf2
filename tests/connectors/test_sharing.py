"""Threads are shared among targets: evenly, with little for troubled ones, and something left for who comes later."""

from __future__ import annotations

from collections import Counter

from connectors.sharing import Room, chosen


def waiting(**counts: int) -> list[tuple[int, str]]:
    """So many slices of targets 1, 2, 3 … wait, named a0, a1 …; those of the first target waited longest."""
    return [(target, f"{name}{n}") for target, (name, count) in enumerate(counts.items(), 1) for n in range(count)]


def shares(found: list[str]) -> Counter[str]:
    return Counter(one[0] for one in found)


def test_chosen__room_for_all__all() -> None:
    assert sorted(chosen(waiting(a=2, b=1), Room(8, {}))) == ["a0", "a1", "b0"]


def test_chosen__crowded__even_shares_and_longest_waiting_first() -> None:
    found = chosen(waiting(a=10, b=10, c=10), Room(6, {}, active=2))

    assert found[:3] == ["a0", "b0", "c0"]
    assert shares(found) == {"a": 3, "b": 3, "c": 3}  # six at work, three ready to follow


def test_chosen__who_has_many_at_work__waits_for_the_others() -> None:
    assert chosen(waiting(a=2, b=2), Room(4, {1: 3})) == ["b0", "b1"]
    assert chosen(waiting(a=2, b=3), Room(8, {1: 2})) == ["b0", "b1", "a0", "b2", "a1"]


def test_chosen__others_were_active__an_even_share_though_nobody_else_waits() -> None:
    assert shares(chosen(waiting(a=20), Room(8, {}, active=5))) == {"a": 2}


def test_chosen__alone__leaves_a_quarter_to_who_comes_later() -> None:
    assert shares(chosen(waiting(a=20), Room(8, {}))) == {"a": 6}


def test_chosen__troubled__a_small_share_though_nobody_else_waits() -> None:
    assert shares(chosen(waiting(a=20), Room(8, {}, troubled=frozenset({1})))) == {"a": 2}
    assert shares(chosen(waiting(a=20), Room(8, {}, active=5, troubled=frozenset({1})))) == {"a": 1}


def test_chosen__probing__one_alone() -> None:
    assert chosen(waiting(a=5), Room(8, {}, probing=frozenset({1}))) == ["a0"]
    assert chosen(waiting(a=5), Room(8, {1: 1}, probing=frozenset({1}))) == []


def test_chosen__no_thread_free__none() -> None:
    assert chosen(waiting(a=5), Room(2, {2: 3})) == []
