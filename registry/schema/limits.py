"""How large a schema may be and become, and the account of work that keeps a hostile one cheap."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from eventplatform.core.errors import RejectedError

# The largest honest file has 60,000 characters and, keys counted, 2,600 values; 14 levels.
MAX_CHARACTERS = 250_000
MAX_NODES = 8_000
MAX_DEPTH = 64
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
    message = "With its references replaced and merged the schema holds more than {limit} values or {depth} levels."
    remedy = "Refer to less, or to smaller fragments."

    def __init__(self, *, pointer: str = "") -> None:
        super().__init__(pointer=pointer, limit=MAX_NODES, depth=MAX_DEPTH)


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
