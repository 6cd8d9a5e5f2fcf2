"""How large a schema may be and become, and the account of work that keeps a hostile one cheap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from eventplatform.core.errors import RejectedError

# The largest honest file has 60,000 characters and, keys counted, 2,600 values; 14 levels.
MAX_CHARACTERS = 250_000
MAX_NODES = 8_000
MAX_DEPTH = 64
MAX_TEXT = 500_000  # characters of all keys and texts, those that aliases and references repeat in full
MAX_PLACES = 2_000_000  # characters of the addresses of all values: each repeats the keys around it; honest ones take a tenth
MAX_STEPS = 25_000  # of following references and merging; the largest honest schema seen takes a tenth


class Size(NamedTuple):
    """How much text a file may have, and how many values (keys count too, aliases in full)."""

    characters: int
    nodes: int


SCHEMA = Size(MAX_CHARACTERS, MAX_NODES)
CONFIGURATION = Size(4_000_000, 500_000)  # of trusted people: a whole site's streams in one file


class SchemaTooLargeError(RejectedError):
    """With its references replaced the schema is larger than anything can use."""

    code = "schema.too_large"
    message = (
        "With its references replaced and merged the schema holds more than {limit} values, {depth} levels "
        "or {characters} characters, or its keys are too long."
    )
    remedy = "Refer to less, or to smaller fragments."

    def __init__(self, *, pointer: str = "") -> None:
        super().__init__(pointer=pointer, limit=MAX_NODES, depth=MAX_DEPTH, characters=MAX_TEXT)


class Steps:
    """The work that one schema has caused."""

    most: ClassVar[int] = MAX_STEPS

    def __init__(self) -> None:
        self.taken = 0

    def take(self, count: int = 1, pointer: str = "") -> None:
        """Count `count` steps.

        Raises:
            SchemaTooLargeError: there are none left.
        """
        self.taken += count
        if self.taken > self.most:
            raise SchemaTooLargeError(pointer=pointer)


def check_size(document: Any) -> None:
    """Refuse what is deeper, larger or longer than any honest schema; level by level, so nothing overflows.

    Raises:
        SchemaTooLargeError: it is.
    """
    level, nodes, text, places = [(document, 0)], 0, 0, 0
    for _ in range(MAX_DEPTH + 1):
        below: list[tuple[Any, int]] = []
        for value, length in level:
            places += length
            if isinstance(value, str):  # by far the most, and asked for at once; whether something is a Mapping takes longer
                text += len(value)
            elif isinstance(value, Mapping):
                text += sum(map(len, value))
                below += [(item, length + len(key) + 1) for key, item in value.items()]
            elif isinstance(value, list | tuple):
                below += [(item, length + 2) for item in value]
        nodes += len(below)
        if nodes > MAX_NODES or text > MAX_TEXT or places > MAX_PLACES:
            raise SchemaTooLargeError
        if not below:
            return
        level = below
    raise SchemaTooLargeError
