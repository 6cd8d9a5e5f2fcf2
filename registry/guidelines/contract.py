"""What a guideline is, what breaking one looks like, and the leave to break it for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from registry.guidelines.subject import Subject

Level = Literal["error", "warning"]
Profile = Literal["strict", "compatible"]
Kind = Literal["schema", "repository", "evolution", "waiver"]


@dataclass(frozen=True, slots=True)
class Waived:
    """Leave to break a rule at one place until a day, for a reason.

    `rule` is a code or an alias; `title` may end in `*`; an empty `version` or `pointer` means any. `id_pattern` is
    jsonschema-tools' way: a regular expression that is looked for in `$id`; such an entry has neither reason nor end.
    """

    rule: str
    title: str
    version: str = ""
    pointer: str = ""
    reason: str = ""
    ends_on: date | None = None
    author: str = ""
    id_pattern: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is broken at a place; one with `waived` set doesn't count."""

    code: str
    alias: str
    level: Level
    pointer: str
    message: str
    remedy: str
    waived: Waived | None = None

    @property
    def counts(self) -> bool:
        """Whether it stands in the way of publishing."""
        return self.level == "error" and self.waived is None

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.message} {self.remedy} [{self.code}]"


@dataclass(frozen=True, slots=True)
class Fault:
    """What a check saw; the rule it belongs to adds the rest."""

    pointer: str
    message: str
    remedy: str = ""


Check = Callable[["Subject"], Iterator[Fault]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One guideline: what two traditions said, what holds here and why, with a good and a bad line.

    `good` and `bad` are YAML: changes (JSON merge patches) to the sample schema for a rule about schemas, to each of two
    versions for one about evolution, files with such changes for one about repositories. `alias` is its name in
    jsonschema-tools, or its number among that tool's nameless checks of structure, and `also` are more of them that it
    covers. `check` is the strict profile's.
    """

    code: str
    title: str
    section: str
    analytics: str
    production: str
    chosen: str
    why: str
    remedy: str
    good: str
    bad: str
    alias: str = ""
    also: tuple[str, ...] = ()
    kind: Kind = "schema"
    level: Level = "error"
    profiles: frozenset[Profile] = frozenset({"strict"})
    check: Check | None = field(default=None, repr=False, compare=False)

    def finding(self, fault: Fault) -> Finding:
        """The finding for what this rule's check saw."""
        return Finding(self.code, self.alias, self.level, fault.pointer, fault.message, fault.remedy or self.remedy)


STRICT: frozenset[Profile] = frozenset({"strict"})
BOTH: frozenset[Profile] = frozenset({"strict", "compatible"})
