"""The words in which a comparison speaks: changes, verdicts, a second opinion, incompatibilities."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from eventplatform.core import names
from eventplatform.core.errors import RejectedError

Bump = Literal["none", "patch", "minor", "major"]
Party = Literal["producers", "consumers", "tables"]
Direction = Literal["backward", "forward"]
Word = Literal["yes", "no", "unknown", "not asked"]

BUMPS: tuple[Bump, ...] = ("none", "patch", "minor", "major")
PARTIES: tuple[Party, ...] = ("producers", "consumers", "tables")
DIRECTIONS: tuple[Direction, ...] = ("backward", "forward")
NOBODY: frozenset[Party] = frozenset()
NEITHER: frozenset[Direction] = frozenset()


class ComparisonTooLargeError(RejectedError):
    """Two versions differ in more places than anybody could read, or nest alternatives too deeply."""

    code = "schema.comparison_too_large"
    message = "These two versions are too large to be compared: they differ in too many places."
    remedy = "Publish the new one under another title, or change less at once."


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions.

    `pointer` names the keyword in the new version (in the old one for what is gone), `path` the field as in tables
    (`performer.user_id`, `tags[]`, `labels.*`; empty for the event itself). `old` and `new` are words to show.
    `against` are the directions that this change denies; `breaks` whom it harms in practice, which always asks for a
    major version. A wider range of values is against forward, yet an addition: it breaks nobody and asks for a minor.
    """

    code: str
    pointer: str
    path: str
    what: str
    why: str
    bump: Bump
    breaks: frozenset[Party] = NOBODY
    against: frozenset[Direction] = NEITHER
    old: str = ""
    new: str = ""
    table: str = ""  # what becomes of the column, where a table has one
    note: str = ""  # what the verdict takes for granted

    @property
    def breaks_words(self) -> str:
        """`Breaks producers and tables`; empty for a change that breaks nobody."""
        return f"Breaks {_together(self.breaks)}" if self.breaks else ""

    def as_json(self) -> dict[str, Any]:
        """The change as JSON has it."""
        return {**asdict(self), "breaks": sorted(self.breaks), "against": sorted(self.against)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one direction holds; the changes that deny it, and what an affirmative takes for granted.

    Backward: events of the old version pass the new one. Forward: events of the new version pass the old one.
    """

    direction: Direction
    holds: bool
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it doesn't hold, in sentences; empty where it does."""
        return tuple(change.what for change in self.changes)

    @property
    def is_harmless(self) -> bool:
        """Nobody breaks by it: it holds, or what denies it are additions that only a check by the letter refuses."""
        return not any(change.breaks for change in self.changes)

    @property
    def more(self) -> int:
        """How many reasons there are beyond the first."""
        return max(len(self.changes) - 1, 0)

    def as_json(self) -> dict[str, Any]:
        """The verdict as JSON has it."""
        return {"holds": self.holds, "reasons": list(self.reasons), "notes": list(self.notes)}


@dataclass(frozen=True, slots=True)
class Opinion:
    """What jsonschema-rs's containment proof says of both directions; unknown is no proof either way."""

    backward: Word = "not asked"
    forward: Word = "not asked"
    agrees: bool | None = None  # None: it knows nothing, or was not asked
    sentence: str = "No second opinion was asked for."

    def as_json(self) -> dict[str, Any]:
        """The opinion as JSON has it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All changes from one version to another, most severe first, and what follows from them."""

    changes: tuple[Change, ...]
    backward: Verdict
    forward: Verdict
    bump: Bump  # the one that is due
    opinion: Opinion = Opinion()
    old_id: str = ""
    new_id: str = ""
    bump_made: Bump | None = None  # None: the ids don't tell

    @property
    def is_enough(self) -> bool | None:
        """Whether the version number grew as far as the changes ask; None where the ids don't tell.

        Versions below 1.0.0 promise nothing (semver.org, 4): there any step is enough.
        """
        if self.bump_made is None:
            return None
        is_promised = not names.split_schema_id(self.old_id)[1].startswith("0.")
        due = self.bump if is_promised else min(self.bump, "patch", key=BUMPS.index)
        return BUMPS.index(self.bump_made) >= BUMPS.index(due)

    @property
    def is_full(self) -> bool:
        """Both directions hold."""
        return self.backward.holds and self.forward.holds

    @property
    def breaking(self) -> tuple[Change, ...]:
        """The changes that break anybody."""
        return tuple(change for change in self.changes if change.breaks)

    @property
    def headline(self) -> str:
        """The whole in a few words: `Breaks consumers: 1 place`."""
        broken = self.breaking
        if not broken:
            return "Breaks nobody" if self.changes else "No change"
        parties = frozenset[Party]().union(*(change.breaks for change in broken))
        return f"Breaks {_together(parties)}: {len(broken)} place{'' if len(broken) == 1 else 's'}"

    @property
    def weighty(self) -> tuple[Change, ...]:
        """The changes that concern anybody."""
        return tuple(change for change in self.changes if change.bump != "patch")

    @property
    def wording(self) -> tuple[Change, ...]:
        """The changes of texts and examples, and those after which the same events pass."""
        return tuple(change for change in self.changes if change.bump == "patch")

    @property
    def due_version(self) -> str:
        """The number that the changes ask for after the old one's; empty where that isn't known."""
        version = names.split_schema_id(self.old_id)[1]
        if not names.VERSION.fullmatch(version):
            return ""
        major, minor, patch = names.version_key(version)
        steps: dict[Bump, tuple[int, int, int]] = {
            "none": (major, minor, patch),
            "patch": (major, minor, patch + 1),
            "minor": (major, minor + 1, 0),
            "major": (major + 1, 0, 0),
        }
        return ".".join(map(str, steps[self.bump]))

    @property
    def tables(self) -> tuple[str, ...]:
        """What becomes of tables that hold such events, a sentence each."""
        return tuple(dict.fromkeys(change.table for change in self.changes if change.table))

    def as_json(self) -> dict[str, Any]:
        """The comparison as JSON has it."""
        return {
            "old": self.old_id,
            "new": self.new_id,
            "headline": self.headline,
            "backward": self.backward.as_json(),
            "forward": self.forward.as_json(),
            "bump": self.bump,
            "bump_made": self.bump_made,
            "is_enough": self.is_enough,
            "opinion": self.opinion.as_json(),
            "tables": list(self.tables),
            "changes": [change.as_json() for change in self.changes],
        }


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """One change that denies a level of compatibility, and the earlier version it was measured against."""

    version: str
    change: Change
    direction: Direction

    @property
    def sentence(self) -> str:
        """What is wrong, and against which version."""
        return f"{self.change.what} Not {self.direction} compatible with {self.version}."


def _together(parties: frozenset[Party]) -> str:
    listed = [party for party in PARTIES if party in parties]
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"
