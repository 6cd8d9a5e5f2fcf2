"""What the live picture is made of: things with a state and a rate, and what flows between them; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from monitoring.dashboard.ranges import rate_words
from monitoring.stages import State

_URGENCY: Sequence[State] = ("fail", "warn", "unknown", "paused", "ok")
URGENT: frozenset[State] = frozenset({"fail", "warn"})
WORDS: Mapping[State, str] = {
    "ok": "flows",
    "warn": "late",
    "fail": "failing",
    "unknown": "not seen",
    "paused": "held",
}
REST = "more:"  # begins the key of what stands for several


@dataclass(frozen=True, slots=True)
class Thing:
    """A source, a stream or a store; `rate` is events per second, None where nobody counted."""

    key: str
    name: str
    state: State
    link: str
    rate: float | None = None
    note: str = ""
    word: str = ""

    @property
    def words(self) -> str:
        """Its state in a word."""
        return self.word or WORDS[self.state]

    @property
    def rate_words(self) -> str:
        return rate_words(self.rate)

    @property
    def urgency(self) -> tuple[int, float, str]:
        """Sorts what fails to the front, then what carries most."""
        front = _URGENCY.index(self.state) if self.state in URGENT else len(_URGENCY)
        return front, -(self.rate or 0.0), self.name


@dataclass(frozen=True, slots=True)
class Flow:
    """Events on their way from one thing to another."""

    source: str
    target: str
    state: State
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """All that there is: streams by the source that they are posted to, and what stores take of them."""

    sources: Sequence[Thing] = ()
    streams: Mapping[str, Sequence[Thing]] = field(default_factory=dict)
    stores: Sequence[Thing] = ()
    flows: Sequence[Flow] = ()


def worst(states: Iterable[State]) -> State:
    """The worst of several; unknown where there is none."""
    found = set(states)
    return next((state for state in _URGENCY if state in found), "unknown")


def fold(scene: Scene, *, most_streams: int, most_stores: int, opened: Iterable[str] = ()) -> Scene:
    """The same with no more things than a page can show: the worst and the biggest by name, the rest as one line a group.

    Groups in `opened` stand whole. Every group names at least one stream.
    """
    wanted = frozenset(opened)
    shares = _shares({key: len(group) for key, group in scene.streams.items() if key not in wanted}, most_streams)
    renamed: dict[str, Thing] = {}
    streams = {}
    for key, group in scene.streams.items():
        shown, rest = _parted(group, len(group) if key in wanted else shares[key])
        more = _rest(f"{REST}{key}", rest, "stream")
        renamed |= {thing.key: more for thing in rest}
        streams[key] = [*shown, *([more] if rest else [])]
    stores, rest = _parted(scene.stores, most_stores)
    more = _rest(f"{REST}stores", rest, "store")
    renamed |= {thing.key: more for thing in rest}
    kept = [*stores, *([replace(more, link="/connectors")] if rest else [])]
    return Scene(scene.sources, streams, kept, _merged(scene.flows, renamed))


def is_rest(thing: Thing) -> bool:
    """Whether it stands for several that have no box of their own."""
    return thing.key.startswith(REST)


def _shares(sizes: Mapping[str, int], most: int) -> dict[str, int]:
    """How many of each group are named: one each, and round by round as long as there is room."""
    shares = dict.fromkeys(sizes, 0)
    left = max(most, len(sizes))
    while left > 0 and (open_ones := [key for key in sizes if shares[key] < sizes[key]]):
        for key in open_ones[:left]:
            shares[key] += 1
        left -= len(open_ones)
    return shares


def _parted(group: Sequence[Thing], number: int) -> tuple[list[Thing], list[Thing]]:
    """The first `number` of a group by urgency, and the rest; a rest of one is named too."""
    ordered = sorted(group, key=lambda thing: thing.urgency)
    number = len(ordered) if number >= len(ordered) - 1 else number
    return ordered[:number], ordered[number:]


def _rest(key: str, things: Sequence[Thing], noun: str) -> Thing:
    rates = [thing.rate for thing in things if thing.rate is not None]
    bad = sum(thing.state in URGENT for thing in things)
    state = worst(thing.state for thing in things)
    return Thing(
        key=key,
        name=f"and {len(things)} more",
        state=state,
        link="",
        rate=sum(rates) if rates else None,
        note=f"{len(things)} {noun}s",
        word=f"{bad} need attention" if bad else "",
    )


def _merged(flows: Iterable[Flow], renamed: Mapping[str, Thing]) -> list[Flow]:
    """Flows between what is shown: those of things in a rest are added up."""
    found: dict[tuple[str, str], Flow] = {}
    for flow in flows:
        ends = tuple(renamed[key].key if key in renamed else key for key in (flow.source, flow.target))
        source, target = ends
        before = found.get((source, target))
        state = worst((flow.state, before.state)) if before else flow.state
        found[source, target] = Flow(source, target, state, flow.rate + (before.rate if before else 0.0))
    return list(found.values())
