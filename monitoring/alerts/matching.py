"""Which alerts a rule or a silence is about: by kind, subject and level."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Matcher:
    """Fits what all of its parts fit; an empty part fits everything.

    `kinds` are codes, or beginnings of such with a dot or a star at their end (`canary.`, `canary.*`). `subjects` are
    patterns with `*` and `?`. `level` is fail or warn.
    """

    kinds: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    level: str = ""

    def fits(self, kind: str, subject: str, level: str) -> bool:
        """True where an alert of this kind, subject and level is meant."""
        return (
            (not self.level or self.level == level)
            and (not self.kinds or any(_is_kind(one, kind) for one in self.kinds))
            and (not self.subjects or any(fnmatchcase(subject, one) for one in self.subjects))
        )

    @property
    def words(self) -> str:
        """As a person reads it."""
        parts = (", ".join(self.kinds), f"about {', '.join(self.subjects)}" if self.subjects else "", self.level)
        return "; ".join(part for part in parts if part) or "everything"


def _is_kind(wanted: str, kind: str) -> bool:
    prefix = wanted.removesuffix("*")
    return kind.startswith(prefix) if prefix != wanted or wanted.endswith(".") else kind == wanted
