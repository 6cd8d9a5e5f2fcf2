"""The difference of two texts, line by line, with a little of what stands around it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_AROUND = 3
_MAX_LINES = 6000  # of both texts: comparing takes time that grows with their product


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line: `sign` is +, - or nothing; `css` its class. A gap of lines left out has neither sign nor numbers."""

    sign: str
    css: str
    text: str


def lines_of(old: str, new: str) -> tuple[DiffLine, ...] | None:
    """The lines that differ and those around them; None where the texts are too long to be compared."""
    before, after = old.splitlines(), new.splitlines()
    if len(before) + len(after) > _MAX_LINES:
        return None
    matcher = difflib.SequenceMatcher(None, before, after)  # lines that are everywhere don't anchor: what keeps it fast
    found: list[DiffLine] = []
    end = 0
    for group in matcher.get_grouped_opcodes(_AROUND):
        found += _gap(group[0][1] - end)
        for step in group:
            found += _lines(step, before, after)
        end = group[-1][2]
    return (*found, *_gap(len(before) - end)) if found else ()


def _lines(step: tuple[str, int, int, int, int], before: Sequence[str], after: Sequence[str]) -> Iterator[DiffLine]:
    word, old_from, old_to, new_from, new_to = step
    if word == "equal":
        yield from (DiffLine("", "", line) for line in before[old_from:old_to])
        return
    yield from (DiffLine("-", "del", line) for line in before[old_from:old_to])
    yield from (DiffLine("+", "add", line) for line in after[new_from:new_to])


def _gap(count: int) -> list[DiffLine]:
    return [DiffLine("", "gap", f"{count} line{'' if count == 1 else 's'} alike")] if count > 0 else []
