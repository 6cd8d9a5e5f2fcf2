"""The ways of events through the platform as canaries tell them, by stream; shared by all who look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors import lookups as connectors
from monitoring import canary_words, lookups, stages
from monitoring.dashboard import shared
from monitoring.dashboard.picture.things import worst
from monitoring.stages import State
from streamconfig.lookups import snapshot

_WORDS: Mapping[State, str] = {
    "ok": "Flows",
    "fail": "Failing",
    "warn": "Late",
    "paused": "Held",
    "unknown": "Not seen yet",
}
NO_SERVICE = "any service"


@dataclass(frozen=True, slots=True)
class Way:
    """A stream's paths, one for each topic prefix, and how it does on the whole."""

    stream: str
    service: str
    paths: tuple[stages.Path, ...]

    @property
    def walked(self) -> tuple[stages.Path, ...]:
        """The paths that canaries walk."""
        return tuple(path for path in self.paths if not path.excluded_because)

    @property
    def has_canary(self) -> bool:
        return bool(self.walked)

    @property
    def state(self) -> State:
        """The worst of its paths; what its own page says where no canary walks it."""
        return worst(path.state for path in self.walked) if self.has_canary else canary_words.row_words(self.paths[0])[0]

    @property
    def word(self) -> str:
        return _WORDS[self.state] if self.has_canary else canary_words.row_words(self.paths[0])[1]

    @property
    def in_log(self) -> State:
        """How it does up to its topic, whatever its stores do."""
        if not self.has_canary:
            return self.state
        return worst(stage.state for path in self.walked for stage in path.stages if stage not in path.stores)

    def at(self, connector: str) -> State:
        """How its canaries get into the store of one connector."""
        return worst(stage.state for path in self.walked for stage in path.stages if stage.name == connector)

    @property
    def cells(self) -> tuple[stages.Stage, ...]:
        """Intake, topic and stores of its worst path."""
        return stages.three(next((path for path in self.walked if path.state == self.state), self.paths[0]))


def paths() -> tuple[stages.Path, ...]:
    """Every way that canaries walk or don't, patterns of names among them."""
    return shared.read("paths", lookups.canary_paths)


def ways() -> list[Way]:
    """The ways of configured streams, by name."""
    streams = snapshot().streams
    found: dict[str, list[stages.Path]] = {}
    for path in paths():
        if path.stream in streams:
            found.setdefault(path.stream, []).append(path)
    return [Way(name, streams[name].service, tuple(of)) for name, of in sorted(found.items())]


def takers() -> Mapping[str, Sequence[connectors.ConnectorView]]:
    """The connectors that take each stream."""
    return shared.read("takers", connectors.by_stream)
