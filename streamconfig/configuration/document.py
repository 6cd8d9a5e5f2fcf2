"""The document that files, revisions and snapshots share: everything that is configured, section by section.

`defaults` and `streams` are as in Wikimedia's file, where an entry has keys of our own besides (`OWN_KEYS`): all others are
settings and come out of the API as they went in. The sections that are ours alone are described in `sections`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from eventplatform.core.errors import RejectedError
from streamconfig.configuration import own_keys, sections
from streamconfig.configuration.changes import DEFAULTS
from streamconfig.configuration.merge import array_replace_recursive
from streamconfig.configuration.setting_types import Problem, name_problems, problems_of

STREAMS = "streams"
# What an entry says beside its settings. `timing` (windows, ramp, late_events) `log` and `intake` are described in `own_keys`.
OWN_KEYS = ("is_enabled", "about", "windows", "ramp", "late_events", "log", "intake")


class DocumentInvalidError(RejectedError):
    """A document, or a change of it, holds entries that can't be used."""

    code = "streams.invalid"
    message = "{summary}"
    remedy = "Mend the named places; nothing was changed."

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        summary = "; ".join(str(problem) for problem in self.problems[:5])
        more = f" (and {len(self.problems) - 5} more)" if len(self.problems) > 5 else ""  # noqa: PLR2004  # five fit
        super().__init__(summary=summary + more)


@dataclass(frozen=True, slots=True)
class About:
    """What people say of a stream."""

    description: str = ""
    owner: str = ""  # a team's key in the section `teams`; free text where none is kept
    purpose: str = ""
    contact: str = ""
    task: str = ""  # link to where it was asked for
    sensitivity: str = ""  # public | internal | personal | secret
    review_on: str = ""  # ISO date: the owner confirms that it is still needed
    expires_on: str = ""  # ISO date: after it, the stream is to be retired

    def as_json(self) -> dict[str, str]:
        """What is set."""
        named = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Entry:
    """A stream as it is written down: its own settings, not merged with the defaults."""

    name: str
    settings: Mapping[str, Any]
    is_enabled: bool = True
    about: About = field(default_factory=About)
    own: Mapping[str, Any] = field(default_factory=dict)  # the rest of OWN_KEYS, as written

    def as_json(self) -> dict[str, Any]:
        """The entry's mapping in a document."""
        own: dict[str, Any] = {} if self.is_enabled else {"is_enabled": False}
        about = self.about.as_json()
        return {**self.settings, **own, **({"about": about} if about else {}), **self.own}


@dataclass(frozen=True, slots=True)
class Document:
    """Everything that is configured, entries in their order: the first pattern that matches a name wins."""

    defaults: Mapping[str, Any] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    sections: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)  # ours alone, by name
    # By section, what can't be used, as it was read: kept until somebody mends or removes it, so that nobody's publish of
    # something else loses it.
    broken: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The document as one mapping, with what of it can't be used; sections without items are left out."""
        streams = {entry.name: entry.as_json() for entry in self.entries}
        made: dict[str, Any] = {DEFAULTS: dict(self.defaults), STREAMS: {**self._left(STREAMS, streams), **streams}}
        for name in sections.NAMES:
            items = self.sections.get(name, {})
            if items or self.broken.get(name):
                made[name] = {**items, **self._left(name, items)}
        return made

    def _left(self, section: str, mended: Collection[str]) -> dict[str, Any]:
        """What of a section is still broken."""
        return {key: item for key, item in self.broken.get(section, {}).items() if key not in mended}

    def has(self, name: str) -> bool:
        """True where there is a stream of exactly that name, also one that can't be used."""
        return name in self.broken.get(STREAMS, {}) or self.get(name) is not None

    def section(self, name: str) -> Mapping[str, Mapping[str, Any]]:
        """The items of one of our own sections."""
        return self.sections.get(name, {})

    def get(self, name: str) -> Entry | None:
        """The entry of exactly that name."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def with_entries(self, changed: Iterable[Entry]) -> Self:
        """Entries replaced where they stand, new ones at the end."""
        new = {entry.name: entry for entry in changed}
        kept = tuple(new.pop(entry.name, entry) for entry in self.entries)
        return replace(self, entries=(*kept, *new.values()))

    def without(self, names: Iterable[str]) -> Self:
        """Without the entries of those names."""
        gone = frozenset(names)
        kept = {key: item for key, item in self.broken.get(STREAMS, {}).items() if key not in gone}
        entries = tuple(entry for entry in self.entries if entry.name not in gone)
        return replace(self, entries=entries, broken={**self.broken, STREAMS: kept})


def read(document: Any) -> Document:
    """The document's items that can be used, and the problems of those that can't: one never breaks the others."""
    if not isinstance(document, Mapping) or not isinstance(document.get(STREAMS, {}), Mapping):
        remedy = "Write `defaults:` and `streams:`, each with a map below it."
        problem = Problem("", "", "streams.not_a_map", "A streams document must be a map with streams.", remedy)
        return Document(problems=(problem,))
    defaults = document.get(DEFAULTS) or {}
    problems = problems_of(DEFAULTS, defaults)
    if problems:
        defaults = {}
    known = {DEFAULTS, STREAMS, *sections.NAMES}
    problems += [
        Problem("", f"/{key}", "streams.unknown_key", f"A streams document has no part {key}.", "Put streams below `streams:`.")
        for key in document
        if key not in known
    ]
    entries, broken = [], {}
    for name, value in document.get(STREAMS, {}).items():
        entry, wrong = read_entry(name, value)
        problems += wrong
        if entry:
            entries.append(entry)
        else:
            broken[name] = value
    ours, wrong, left = sections.read(document)
    return Document(dict(defaults), tuple(entries), (*problems, *wrong), ours, {STREAMS: broken, **left})


def read_entry(name: Any, value: Any) -> tuple[Entry | None, list[Problem]]:
    """One entry, or everything for which it can't be used."""
    problems = name_problems(name) + problems_of(str(name), value)
    if not isinstance(value, Mapping):
        return None, problems
    settings = dict(value)
    is_enabled, about = settings.pop("is_enabled", True), settings.pop("about", None)
    own = {key: settings.pop(key) for key in OWN_KEYS if key in settings}
    problems += _own_problems(str(name), is_enabled, about) + own_keys.problems_of(str(name), own)
    if problems:
        return None, problems
    texts = {key: str(text).strip() for key, text in (about or {}).items() if text is not None}
    return Entry(name, settings, is_enabled, About(**texts), {key: held for key, held in own.items() if held}), []


def _own_problems(name: str, is_enabled: Any, about: Any) -> list[Problem]:
    known = {one.name for one in fields(About)}
    problems = []
    if not isinstance(is_enabled, bool):
        problems.append(
            Problem(name, "/is_enabled", "setting.bad_value", "is_enabled must be true or false.", "Write true or false.")
        )
    if about is not None and not (isinstance(about, Mapping) and set(about) <= known):
        problems.append(
            Problem(name, "/about", "setting.bad_value", f"about may hold {', '.join(sorted(known))}.", "Leave out the others.")
        )
    elif about:
        problems += own_keys.about_problems(name, about)
    return problems


def merged(defaults: Mapping[str, Any], entry: Entry) -> dict[str, Any]:
    """The settings that hold for an entry: defaults, its own on top, and `stream`, its key."""
    settings: Any = array_replace_recursive(defaults, entry.settings)
    return {**(settings if isinstance(settings, dict) else {}), "stream": entry.name}
