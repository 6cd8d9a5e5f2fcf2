from __future__ import annotations

from registry.pages import text_diff


def test_diff__one_line__is_shown_with_those_around_it() -> None:
    old = "\n".join(map(str, range(20)))

    lines = text_diff.lines_of(old, old.replace("10", "ten"))

    assert lines is not None
    assert [(line.sign, line.text) for line in lines] == [
        ("", "7 lines alike"), ("", "7"), ("", "8"), ("", "9"), ("-", "10"), ("+", "ten"),
        ("", "11"), ("", "12"), ("", "13"), ("", "6 lines alike"),
    ]  # fmt: skip


def test_diff__alike_or_too_long__says_so() -> None:
    assert text_diff.lines_of("a\nb", "a\nb") == ()
    assert text_diff.lines_of("a\n" * 4000, "b\n" * 4000) is None
