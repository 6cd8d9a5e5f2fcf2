"""Names that languages accept, and texts that can't leave the comment they stand in."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

_NO_WORD = re.compile(r"[^A-Za-z0-9]+")
_WIDTH = 100
RESERVED = ("Any", "Array", "False", "Literal", "None", "Record", "Self", "True", "TypeAlias")


class Names:
    """Gives each name once; whoever comes later gets a number."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._counts: dict[str, int] = {}

    def unique(self, name: str) -> str:
        """`name`, or `name2` and so on."""
        candidate, number = name, self._counts.get(name, 1)
        while candidate in self._taken:
            number += 1
            candidate = f"{name}{number}"
        self._counts[name] = number
        self._taken.add(candidate)
        return candidate


def pascal(text: str) -> str:
    """`page_change` as PageChange; never empty, never beginning with a figure."""
    joined = "".join(word[0].upper() + word[1:] for word in _NO_WORD.split(text) if word)
    return joined if joined[:1].isalpha() else f"T{joined}"


def type_name(text: str) -> str:
    """A name for a type that means nothing else in the languages' own words."""
    return Names(RESERVED).unique(pascal(text))


def literal(value: object) -> str:
    """A value as Python writes it, in ASCII alone."""
    return ascii(value)


def plain(text: str) -> str:
    """A text on one line, without characters that nobody sees."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


def wrapped(notes: Iterable[str], indent: int) -> Iterator[str]:
    """Notes as lines for a comment."""
    for note in notes:
        yield from textwrap.wrap(plain(note), max(_WIDTH - indent, 40), break_on_hyphens=False)
