"""A process that delivers made-up records into a store until it is done, or ends itself with `kill -9` where it was told to.

`python -m tests.contracts.killed_writer SPEC`: SPEC is a pickled `Spec`. It says `ready`; then each line of its input
names an offset to write up to; reached, it says `done`. Nothing but the store's own compare-and-set keeps two such processes
from each other.
"""

from __future__ import annotations

import importlib
import os
import pickle
import random
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import orjson

from connectors.delivery import Delivery, Source
from connectors.sinks.base import FencedError, Sink
from eventplatform import env
from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.core.errors import RetriableError
from eventplatform.core.records import Record, TopicPartition
from tests.contracts.stores.base import Store

Point = Literal["before_write", "before_commit", "after_commit", "after_write"]
POINTS: tuple[Point, ...] = ("before_write", "before_commit", "after_commit", "after_write")

STREAM = "test.event"
WHERE = TopicPartition(STREAM, 0)
SOURCE = Source(STREAM, WHERE, "i1", "cluster")
CANARY_EVERY = 250
_NOW_MS = int(datetime(2026, 11, 25, 9, 30, tzinfo=UTC).timestamp() * 1000)
_DOCUMENT = {"type": "object", "properties": {"$schema": {"type": "string"}, "test": {"type": "string"}}}


@dataclass(frozen=True, slots=True)
class Spec:
    """What such a process is to do; `dies_at` ends it at the given occurrence of a point."""

    store: Store
    commit: str  # as COMMIT of the store's module
    largest_batch: int
    seed: int
    dies_at: Point | None = None
    occurrence: int = 1


class Schema:
    document = _DOCUMENT


def canary_id(offset: int) -> str | None:
    return f"canary-{offset}" if offset % CANARY_EVERY == CANARY_EVERY - 1 else None


def record(offset: int) -> Record:
    """The record of that offset, always the same."""
    event: dict[str, Any] = {"$schema": "/sample/test_event/1.0.0", "meta": {"stream": STREAM, "dt": "2026-11-25T09:30:00Z"}}
    canary = canary_id(offset)
    event |= {"test": f"t{offset}"} if canary is None else {"meta": {"domain": "canary", "id": canary}}
    return Record(*WHERE, offset, _NOW_MS, None, orjson.dumps(event))


class Death:
    """Ends the process at the wanted occurrence of the wanted point."""

    def __init__(self, spec: Spec) -> None:
        self._point, self._left = spec.dies_at, spec.occurrence
        self.is_writing = False

    def passes(self, point: Point) -> None:
        if point != self._point:
            return
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


def wrap_commit(name: str, death: Death) -> None:
    """Have the store's commit pass the points around it, while a batch is written."""
    module_name, _, path = name.partition(":")
    holder: Any = importlib.import_module(module_name)
    *owners, last = path.split(".")
    for owner in owners:
        holder = getattr(holder, owner)
    commit: Callable[..., Any] = getattr(holder, last)

    def wrapped(*arguments: Any, **options: Any) -> Any:
        if not death.is_writing:
            return commit(*arguments, **options)
        death.passes("before_commit")
        answer = commit(*arguments, **options)
        death.passes("after_commit")
        return answer

    setattr(holder, last, wrapped)


def deliver(store: Store, upto: int, chance: random.Random, spec: Spec, death: Death) -> None:
    """Write from where the store stands; ends when it stands at `upto`."""
    while True:
        try:
            with store.sink() as sink:
                if run(sink, upto, chance, spec, death):
                    return
        except (FencedError, RetriableError):
            continue  # the other one was quicker; ask the store again


def run(sink: Sink, upto: int, chance: random.Random, spec: Spec, death: Death) -> bool:
    stored = sink.position(WHERE)
    delivery = Delivery(
        connector="c1",
        sink=sink,
        source=SOURCE,
        stored=stored,
        find_schema=lambda _: Schema(),  # type: ignore[arg-type,return-value]  # all that is asked of it is the document
        set_aside=set_aside,
    )
    start = stored.next_offset if stored else 0
    while start < upto:
        end = min(upto, start + chance.randint(1, spec.largest_batch))
        delivery.handle([record(offset) for offset in range(start, end)])
        death.passes("before_write")
        death.is_writing = True
        delivery.flush(end)
        death.is_writing = False
        death.passes("after_write")
        start = end
    return True


def set_aside(letters: Sequence[DeadLetter]) -> None:
    raise AssertionError([letter.message for letter in letters])


def main() -> None:
    """Do as the spec says."""
    env.use_settings()
    spec: Spec = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301  # written by the test that starts us
    death, chance = Death(spec), random.Random(spec.seed)  # noqa: S311  # no secret
    wrap_commit(spec.commit, death)
    print("ready", flush=True)  # noqa: T201  # so that two of them really begin at once
    for line in sys.stdin:
        deliver(spec.store, int(line), chance, spec, death)
        print("done", flush=True)  # noqa: T201  # what it is asked for


if __name__ == "__main__":
    main()
