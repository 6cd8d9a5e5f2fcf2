"""What every source gives and is asked: events with their place, marks of progress, notices, positions to keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(eq=False, slots=True)
class Lane:
    """One order of events whose progress is kept as one position: a partition of Kafka's, or a connection's id."""

    name: str
    is_leaving: bool = False  # another consumer gets it: what did not begin yet is that one's
    is_lost: bool = False  # it has it: nothing is kept of it here any more


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event as it came. `token` is what the source keeps once it and all before it in its lane are done."""

    lane: Lane
    token: Any
    value: bytes | None = field(repr=False)
    stream: str = ""
    topic: str = ""
    partition: int = -1
    offset: int = -1
    key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Mark:
    """Progress without an event: a filter left out what was before it."""

    lane: Lane
    token: Any


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the stream itself: `dropped`, `reread`, `end`, `disconnected`, `topics`."""

    kind: str
    facts: Mapping[str, Any]


Item = Delivery | Mark | Notice


@dataclass(frozen=True, slots=True)
class Plan:
    """What a source is opened with. `on_revoked` is called before lanes go to another consumer, to finish what is under way."""

    streams: tuple[str, ...]
    group: str
    platform: str
    handler_seconds: float = 300.0
    with_canaries: bool = False
    on_revoked: Callable[[Sequence[Lane]], None] = lambda _: None


class Source(Protocol):
    """Where events come from. Called by one thread, but `lag`."""

    def open(self, plan: Plan) -> None:
        """Begin; may return before the first connection stands."""
        ...

    def poll(self, seconds: float) -> Sequence[Item]:
        """What has come, waiting for the first at most so long.

        Raises:
            ConsumerError: going on is no use.
        """
        ...

    def keep_alive(self) -> None:
        """Called while events wait, so that the source is not taken for dead; gives none."""
        ...

    def commit(self, done: Mapping[Lane, Any]) -> bool:
        """Keep the tokens: everything up to them is done. True once they are kept; False: not now, ask again."""
        ...

    def lag(self) -> Mapping[str, int]:
        """How many records each lane is behind, where that is known."""
        ...

    def close(self) -> None:
        """Let go; what was committed stays."""
        ...
