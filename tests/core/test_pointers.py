"""Pointers to places whose names a client chose."""

from __future__ import annotations

import pytest

from eventplatform.core.pointers import MAX_POINTER, pointer_of


@pytest.mark.parametrize(
    ("way", "pointer"),
    [
        ((), ""),
        (("a", 0, "b"), "/a/0/b"),
        (("",), "/"),
        (("a/b~c",), "/a~1b~0c"),
        (("x" * (MAX_POINTER - 1),), "/" + "x" * (MAX_POINTER - 1)),
    ],
)
def test_pointer_of__names_and_indexes__escaped(way: tuple[str | int, ...], pointer: str) -> None:
    assert pointer_of(way) == pointer


@pytest.mark.parametrize("way", [("x" * MAX_POINTER,), ("x" * 10**7, 5), ("a",) * MAX_POINTER, range(MAX_POINTER)])
def test_pointer_of__too_long__cut_and_marked(way: tuple[str | int, ...]) -> None:
    pointer = pointer_of(way)

    assert (len(pointer), pointer[-1]) == (MAX_POINTER, "…")


def test_pointer_of__cut_within_an_escape__leaves_none_of_it() -> None:
    assert pointer_of(("~" * MAX_POINTER,)) == "/" + "~0" * (MAX_POINTER // 2 - 1) + "…"
