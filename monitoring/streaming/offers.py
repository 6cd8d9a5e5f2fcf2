"""Which streams are given out, to whom, and what of personal data stays in them; read from the streams' own settings.

`stream_out: {access: public | token | none, teams: […], privacy: {kind: action}}`, and `stream_aliases: […]`, as EventStreams
names them. Streams of refused events are never public, whatever their settings say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from eventplatform.core.error_events import TITLES
from eventplatform.core.keeping import STREAM_ACCESSES
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from monitoring.streaming.errors import LoginNeededError, NotAllowedError, StreamsUnknownError

Access = Literal["public", "token", "none"]

_PRIVATE: Mapping[str, str] = {"*": "drop"}  # what a schema marks as personal goes, unless a stream says otherwise


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks; the default is a stranger. `teams` are the keys of their teams."""

    user: int | None = None
    teams: frozenset[str] = frozenset()
    may_see_personal: bool = False
    is_superuser: bool = False  # in every team, so to say


STRANGER = Caller()


@dataclass(frozen=True, slots=True)
class Rules:
    """What one stream's settings say. `is_of_errors`: its events quote refused ones."""

    access: Access
    teams: frozenset[str] = frozenset()
    actions: tuple[tuple[str, str], ...] = tuple(_PRIVATE.items())
    is_of_errors: bool = False

    def takes(self, caller: Caller) -> bool:
        """Whether this caller may read the stream."""
        if self.access == "none":
            return False
        if self.access == "public":
            return True
        is_of_team = not self.teams or caller.is_superuser or bool(self.teams & caller.teams)
        return caller.user is not None and is_of_team


_NOBODY = Rules("none")


@dataclass(frozen=True, slots=True)
class Offered:
    """A stream and its rules."""

    stream: Stream
    rules: Rules


@dataclass(frozen=True, slots=True)
class Offers:
    """All streams of one moment, by name and alias, and the rules of each topic."""

    _by_name: Mapping[str, Offered] = field(default_factory=dict)
    _by_topic: Mapping[str, Rules] = field(default_factory=dict)

    def wanted(self, names: Sequence[str], caller: Caller) -> tuple[Offered, ...]:
        """The streams of these names.

        Raises:
            StreamsUnknownError: some don't exist, or nobody gets them.
            LoginNeededError, NotAllowedError: this caller doesn't get some.
        """
        found = {name: self._by_name.get(name) for name in names}
        known = {name: one for name, one in found.items() if one is not None and one.rules.access != "none"}
        if len(known) < len(found) or not found:
            raise StreamsUnknownError(streams=",".join(name for name in found if name not in known))
        refused = [name for name, one in known.items() if not one.rules.takes(caller)]
        if refused:
            kind = LoginNeededError if caller.user is None else NotAllowedError
            raise kind(streams=", ".join(refused))
        return tuple({one.stream.name: one for one in known.values()}.values())

    def of(self, caller: Caller) -> tuple[Offered, ...]:
        """Every stream that this caller may read, by its own name."""
        return tuple(one for name, one in self._by_name.items() if name == one.stream.name and one.rules.takes(caller))

    def rules_of(self, name: str) -> Rules:
        """The rules of a stream, by its name."""
        one = self._by_name.get(name)
        return _NOBODY if one is None else one.rules

    def of_topic(self, topic: str) -> Rules:
        """The rules of what a topic holds."""
        return self._by_topic.get(topic, _NOBODY)


def offers(streams: Iterable[Stream], services: Iterable[Service], *, default: str, closed: frozenset[str]) -> Offers:
    """The offers of a configuration.

    `default`, an `Access`, holds where a stream's settings are silent; topics in `closed` never go out.
    """
    of_errors = frozenset(one.error_stream for one in services if one.error_stream)
    by_name: dict[str, Offered] = {}
    by_topic: dict[str, Rules] = {}
    every = list(streams)
    of_errors |= {one.door.error_stream for one in every if one.door.error_stream}
    for stream in every:
        one = Offered(stream, _rules(stream, default, of_errors, closed))
        by_name[stream.name] = one
        for topic in stream.topics or (stream.name,):
            by_topic.setdefault(topic, one.rules)
    for one in list(by_name.values()):
        for alias in _texts(one.stream.settings.get("stream_aliases")):
            by_name.setdefault(alias, one)  # a stream's own name is stronger than another's alias
    return Offers(by_name, by_topic)


def topics_of(streams: Iterable[Offered]) -> tuple[str, ...]:
    """All topics of these streams."""
    return tuple(dict.fromkeys(topic for one in streams for topic in one.stream.topics or (one.stream.name,)))


def _rules(stream: Stream, default: str, of_errors: frozenset[str], closed: frozenset[str]) -> Rules:
    says = _map(stream.settings.get("stream_out"))
    said = says.get("access", default)
    access: Access = cast("Access", said) if said in STREAM_ACCESSES else "none"
    title = stream.schema_title
    is_of_errors = stream.name in of_errors or title in {*TITLES, "errors"} or title.startswith("error/")
    if closed & {stream.name, *stream.topics}:
        access = "none"
    elif is_of_errors and access == "public":
        access = "token" if "access" in says else "none"
    actions = _map(says.get("privacy")) or _PRIVATE
    return Rules(access, frozenset(_texts(says.get("teams"))), tuple(sorted(actions.items())), is_of_errors)


def _map(value: Any) -> dict[str, Any]:
    return {name: held for name, held in value.items() if held is not None} if isinstance(value, Mapping) else {}


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
