"""Who may ask for what, field by field: pure, so that forms can disable what a post would be refused for.

viewer        nothing
editor        words, owner, sampling, times, late events, stores, on and off, dates: of streams that their teams own, or nobody;
              instruments of such streams, and sampling of such streams where a site or tag differs
engineer      everything of streams, instruments, overrides, defaults, services and sites
administrator also teams and policies
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from streamconfig.configuration.changes import DEFAULTS, Change, Field, leaves
from streamconfig.configuration.document import STREAMS, Document
from streamconfig.configuration.sections import is_scope, scope_parts

INSTRUMENTS, OVERRIDES = "instruments", "overrides"


class Level(IntEnum):
    """What somebody's permissions make of them, when it comes to asking."""

    VIEWER = 0
    EDITOR = 1
    ENGINEER = 2
    ADMINISTRATOR = 3


OWNER = ("about", "owner")
# What an editor may set of a stream; a longer path below one of these too.
OF_STREAM: tuple[tuple[str, ...], ...] = (
    ("about", "description"),
    ("about", "purpose"),
    ("about", "contact"),
    ("about", "task"),
    OWNER,
    ("about", "review_on"),
    ("about", "expires_on"),
    ("sample", "unit"),
    ("sample", "rate"),
    ("windows",),
    ("ramp",),
    ("late_events",),
    ("is_enabled",),
    ("consumers",),
)
_SAMPLE = (("sample",), ("sample", "unit"), ("sample", "rate"))  # the map as a whole is as good as what is in it
_ADMINISTERED = frozenset({"teams", "policies"})


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A place that somebody may not ask to change, and why not. An empty path: the item as a whole."""

    section: str
    name: str
    path: str
    why_not: str

    @property
    def place(self) -> str:
        """Section, item and path, for people."""
        return " ".join(part for part in (self.section, self.name, self.path) if part)


def may_edit(section: str, keys: tuple[str, ...], level: Level, *, is_own: bool = True) -> bool:
    """Whether somebody may change a field of an item that is there; `is_own`: their teams own it, or nobody does."""
    if level >= Level.ENGINEER:
        return level >= Level.ADMINISTRATOR or section not in _ADMINISTERED
    if level < Level.EDITOR or not is_own:
        return False
    if section == STREAMS:
        return _is_below(keys, (*OF_STREAM, *_SAMPLE))
    if section == OVERRIDES:
        return _is_override_sample(keys) or keys == ("reason",)
    return section == INSTRUMENTS


def may_create(section: str, level: Level) -> bool:
    """Whether somebody may add items to a section."""
    if level >= Level.ENGINEER:
        return level >= Level.ADMINISTRATOR or section not in _ADMINISTERED
    return level == Level.EDITOR and section in {INSTRUMENTS, OVERRIDES}


def owns(document: Document, name: str, teams: Collection[str]) -> bool:
    """True where a stream is one's teams', or no team's: an owner that is the key of no team is nobody's."""
    entry = document.get(name)
    return entry is None or _is_free(document, entry.about.owner, teams)


def forbidden(
    document: Document, changes: Iterable[Change], level: Level, teams: Collection[str] = frozenset()
) -> tuple[Forbidden, ...]:
    """Every place of these changes to a document that somebody may not ask for."""
    return tuple(one for change in changes for one in _of_change(document, change, level, teams))


def _of_change(document: Document, change: Change, level: Level, teams: Collection[str]) -> Iterator[Forbidden]:
    section, name = change.section, change.name
    if level >= Level.ENGINEER:
        if not may_edit(section, (), level):
            yield Forbidden(section, name, "", f"Only administrators may ask to change {section}.")
    elif level < Level.EDITOR:
        yield Forbidden(section, name, "", "Viewers may not ask for changes.")
    elif section == STREAMS:
        yield from _of_stream(document, change, teams)
    elif section == INSTRUMENTS and change.kind != "moved":
        yield from _of_instrument(document, change, teams)
    elif section == OVERRIDES and change.kind != "moved":
        yield from _of_override(document, change, teams)
    else:
        yield Forbidden(section, name, "", f"Only engineers may ask to change {_words(section)}.")


def _of_stream(document: Document, change: Change, teams: Collection[str]) -> Iterator[Forbidden]:
    if change.kind != "changed":
        verbs: Mapping[str, str] = {"added": "add", "removed": "remove", "moved": "reorder"}
        yield Forbidden(STREAMS, change.name, "", f"Only engineers may ask to {verbs[change.kind]} streams.")
        return
    if not owns(document, change.name, teams):
        yield Forbidden(STREAMS, change.name, "", f"{change.name} belongs to a team that you are not in.")
        return
    for leaf in leaves(change.fields):
        if not may_edit(STREAMS, leaf.keys, Level.EDITOR):
            yield Forbidden(STREAMS, change.name, leaf.path, f"Only engineers may ask to change {leaf.path}.")
        elif leaf.keys == OWNER and not _may_pass_on(document, leaf, teams):
            yield Forbidden(STREAMS, change.name, leaf.path, "You may take a stream for a team of yours, or give one of yours.")


def _of_instrument(document: Document, change: Change, teams: Collection[str]) -> Iterator[Forbidden]:
    item = document.section(INSTRUMENTS).get(change.name, {})
    streams = {str(item.get("stream") or "")} | {str(leaf.becomes) for leaf in change.fields if _is_at(leaf, "stream")}
    is_own = str(item.get("owner") or "") in teams
    for stream in sorted(streams - {""}):
        is_kept = stream == item.get("stream")
        if not owns(document, stream, teams) and not (is_own and is_kept):
            why_not = f"Its stream {stream} belongs to a team that you are not in."
            yield Forbidden(INSTRUMENTS, change.name, "" if is_kept else "stream", why_not)
    for leaf in leaves(change.fields):
        if _is_at(leaf, "owner") and not _may_pass_on(document, leaf, teams):
            yield Forbidden(INSTRUMENTS, change.name, "owner", "You may name a team of yours, or give away what is yours.")


def _of_override(document: Document, change: Change, teams: Collection[str]) -> Iterator[Forbidden]:
    is_plus = is_scope(change.name) and scope_parts(change.name)[1]
    if change.kind != "changed" and not is_plus:
        why_not = "Only engineers may add or remove a scope that replaces what is below it; one with + merges."
        yield Forbidden(OVERRIDES, change.name, "", why_not)
        return
    for leaf in leaves(change.fields):
        if not may_edit(OVERRIDES, leaf.keys, Level.EDITOR):
            yield Forbidden(OVERRIDES, change.name, leaf.path, f"Only engineers may ask to change {leaf.path}.")
        elif leaf.keys[0] == STREAMS and not owns(document, leaf.keys[1], teams):
            yield Forbidden(OVERRIDES, change.name, leaf.path, f"{leaf.keys[1]} belongs to a team that you are not in.")


def _may_pass_on(document: Document, leaf: Field, teams: Collection[str]) -> bool:
    """From one's own teams to any, or from nobody to one's own; what was a foreign team's was refused already."""
    was, becomes = (side if isinstance(side, str) else "" for side in (leaf.was, leaf.becomes))
    return was in teams or _is_free(document, becomes, teams)


def _is_free(document: Document, owner: str, teams: Collection[str]) -> bool:
    return owner in teams or owner not in document.section("teams")


def _is_at(leaf: Field, key: str) -> bool:
    return leaf.keys == (key,)


def _is_below(keys: tuple[str, ...], allowed: Iterable[tuple[str, ...]]) -> bool:
    return any(keys[: len(one)] == one for one in allowed)


def _is_override_sample(keys: tuple[str, ...]) -> bool:
    """`streams.<name>.sample` and what is below it."""
    return len(keys) > 2 and keys[0] == STREAMS and keys[2] == "sample"  # noqa: PLR2004  # streams, name, setting


def _words(section: str) -> str:
    return "the defaults" if section == DEFAULTS else section
