"""What a change would do, before it is proposed: fields, effects, and who is to approve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from streamconfig.change_control import examining
from streamconfig.change_control.examining import Examination
from streamconfig.configuration.changes import Change
from streamconfig.configuration.effects import CODES
from streamconfig.pages import changes_words
from streamconfig.pages.changes_words import Told
from streamconfig.services import Wish, changes_of


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything that a person should see before proposing."""

    changes: Sequence[Change]
    rows: Sequence[Told]
    found: Examination | None

    @property
    def counts(self) -> list[tuple[str, int]]:
        """Effects in words, and of how many items."""
        effects = self.found.effects if self.found else ()
        return [(CODES.get(code, code), count) for code, count in Counter(one.code for one in effects).most_common()]


def of_wish(wish: Wish, base_revision: int) -> Preview:
    """The preview of what a wish changes of a revision."""
    changes = changes_of(wish, base_revision=base_revision)
    found = examining.preview(changes, base_revision=base_revision) if changes else None
    return Preview(changes, changes_words.told(changes), found)
