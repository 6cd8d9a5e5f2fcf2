"""All streams of one revision at one moment: immutable, found by name, selected as the streamconfigs API selects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from streamconfig.compatible import constraints as constraint_rules
from streamconfig.configuration.configured import Configured as Configured  # noqa: PLC0414  # what `entries` are made of
from streamconfig.configuration.configured import configured, holds
from streamconfig.configuration.document import Document, merged
from streamconfig.configuration.instruments import Instrument, instrument, stopped
from streamconfig.configuration.scopes import Scope, scoped
from streamconfig.configuration.services import services
from streamconfig.configuration.setting_types import Problem, problems_of
from streamconfig.configuration.topics import is_pattern

_MAX_REMEMBERED = 1000  # names found by a pattern; a client can make up any number of them


class StreamSet:
    """The streams of a document in its order, as they hold at one moment for one scope, until `valid_until`.

    What can't be used is left out and told in `problems`. `earlier` lends what didn't change, so that a boundary which
    touches one stream of many costs little.
    """

    def __init__(
        self,
        document: Document | None = None,
        *,
        at: datetime | None = None,
        scope: Scope | None = None,
        environment: str = "",
        earlier: StreamSet | None = None,
    ) -> None:
        self.at = at or datetime.now(UTC)
        self.document = scoped(document or Document(), scope, environment)
        known = earlier if earlier is not None and earlier.at <= self.at else None
        self.instruments: Mapping[str, Instrument] = MappingProxyType(self._instruments(known))
        self._stopped = stopped(self.instruments.values())
        found, problems = self._configure(known)
        self.problems: tuple[Problem, ...] = (*self.document.problems, *problems)
        self._all: Mapping[str, Configured] = MappingProxyType({one.entry.name: one for one in found})
        self._patterns = tuple(one for one in found if one.pattern)
        self.streams: Mapping[str, Stream] = MappingProxyType({one.entry.name: one.stream for one in found if not one.pattern})
        self.services: Mapping[str, Service] = services(
            self.document.section("services"), {one.stream.service for one in found}
        )
        self._remembered: dict[str, Stream] = {}
        moments = [*(one.valid_until for one in found), *(one.valid_until for one in self.instruments.values())]
        self.valid_until = min((moment for moment in moments if moment is not None), default=None)

    def _instruments(self, known: StreamSet | None) -> dict[str, Instrument]:
        """The instruments at this moment; those that neither changed nor came to a boundary are the known ones."""
        made: dict[str, Instrument] = {}
        for key, item in self.document.section("instruments").items():
            old = known.instruments.get(key) if known else None
            is_same = old is not None and old.item is item and holds(old.valid_until, self.at)
            made[key] = old if old is not None and is_same else instrument(key, item, self.at)
        return made

    def _configure(self, known: StreamSet | None) -> tuple[list[Configured], list[Problem]]:
        """The streams at this moment, and what is wrong with the others; unchanged ones are the known ones."""
        defaults, at, none = self.document.defaults, self.at, frozenset[str]()
        old = known._all if known and _is_same(known.document.defaults, defaults) else {}  # noqa: SLF001  # of this class
        found: list[Configured] = []
        problems: list[Problem] = []
        for entry in self.document.entries:
            off, before = self._stopped.get(entry.name, none), old.get(entry.name)
            if before is not None and before.entry is entry and before.off == off and holds(before.valid_until, at):
                found.append(before)
                continue
            settings = merged(defaults, entry)
            wrong = problems_of(entry.name, settings)  # each half is fine, yet a list by index may end up mixed
            problems += wrong
            if not wrong:
                found.append(configured(entry, settings, at, off))
        return found, problems

    def __len__(self) -> int:
        return len(self._all)

    @property
    def entries(self) -> Iterable[Configured]:
        """Every entry in the document's order, patterns too."""
        return self._all.values()

    def configured(self, name: str) -> Configured | None:
        """The entry that answers for a name: the exact one, else the first pattern that matches."""
        exact = self._all.get(name)
        return exact or next((one for one in self._patterns if one.answers_for(name)), None)

    def find(self, name: str) -> Stream | None:
        """The stream of that name; a pattern itself is none that events can go to."""
        stream = self.streams.get(name) or self._remembered.get(name)
        if stream is not None or is_pattern(name):
            return stream
        found = self.configured(name)
        if found is None:
            return None
        if len(self._remembered) >= _MAX_REMEMBERED:
            self._remembered.clear()
        self._remembered[name] = stream = self._named(found, name)
        return stream

    def _named(self, found: Configured, name: str) -> Stream:
        """A stream below a pattern, whose instruments may name either."""
        stream = found.named(name)
        own = self._stopped.get(name)
        return replace(stream, stopped_instruments=stream.stopped_instruments | own) if own else stream

    def select(self, names: Sequence[str] | None, constraints: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The API's answer: settings by name, in the order of `names`, or of the document where there are none.

        An unknown name is left out. Constraints are held against settings before topics are computed, as in the reference.
        """
        wanted = constraints or {}
        asked = wanted.get("stream")
        rest = constraint_rules.without_stream(wanted)
        return {
            name: dict(one.named(name).settings)
            for name, one in self._asked(names)
            if ("stream" not in wanted or (isinstance(asked, str) and one.answers_for(asked)))
            and constraint_rules.matches(one.settings, rest)
        }

    def _asked(self, names: Sequence[str] | None) -> Iterable[tuple[str, Configured]]:
        if names is None:
            return self._all.items()
        found = ((name, self.configured(name)) for name in dict.fromkeys(names))
        return [(name, one) for name, one in found if one is not None]


def _is_same(one: Mapping[str, Any], two: Mapping[str, Any]) -> bool:
    """Equal to the letter: true is not 1, and the order of keys counts."""
    return one is two or repr(one) == repr(two)
