"""Judges how far a stream's canaries get: intake, topic, each connector; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from monitoring import causes
from monitoring.causes import Cause, Reading

State = Literal["ok", "warn", "fail", "unknown", "paused"]
_WORST: Sequence[State] = ("fail", "warn", "unknown", "paused", "ok")
_STATE_WORDS: Mapping[State, str] = {
    "ok": "Passed",
    "warn": "Late",
    "fail": "Failing",
    "unknown": "Not seen yet",
    "paused": "Held",
}
_OURS = frozenset({"intake", "topic", "stores"})


@dataclass(frozen=True, slots=True)
class Sent:
    """The last canary that was sent, and what the intake said."""

    sent_at: datetime
    answer_seconds: float | None
    status: int | None
    is_accepted: bool
    error: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """The last canary that a stage was seen to pass: when it was sent, how long it took to get there."""

    sent_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the path, its state, and when the last canary that passed it had been sent."""

    name: str
    state: State
    seen_at: datetime | None = None
    seconds: float | None = None
    detail: str = ""
    link: str = ""
    cause: Cause = causes.UNKNOWN  # where it fails: the likely one, and what to do

    @property
    def title(self) -> str:
        """The stage's name at the head of a line; connectors keep their own."""
        return _title(self.name)

    @property
    def words(self) -> str:
        """The state where there is no time to show."""
        return _STATE_WORDS[self.state]


@dataclass(frozen=True, slots=True)
class Store:
    """A connector that reads the stream: `held_because` where it is not meant to run, `trouble` where it says what ails it."""

    name: str
    link: str = ""
    held_because: str = ""
    trouble: str = ""
    since: datetime | None = None  # when it took the stream up, or last changed its state
    reading: Reading = causes.NOT_READ
    gathers: timedelta = timedelta()  # how long it may keep a record back, so that its files are large


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads through, and who walks and watches it; `log_trouble` is what the log's heartbeat says."""

    url: str = ""
    topic: str = ""
    prefix: str = ""
    log_trouble: str = ""
    is_sending: bool = True  # the canary producer lives
    is_watched: bool = True  # somebody looks for canaries


@dataclass(frozen=True, slots=True)
class Path:
    """A stream's way from the intake of one topic prefix to its stores, or why no canary walks it."""

    stream: str
    service: str
    stages: tuple[Stage, ...] = ()
    excluded_because: str = ""
    sent_at: datetime | None = None
    prefix: str = ""
    topic: str = ""

    @property
    def state(self) -> State:
        """The worst of its stages; unknown where no canary is sent."""
        states = {stage.state for stage in self.stages}
        return next((state for state in _WORST if state in states), "unknown")

    @property
    def is_whole(self) -> bool:
        """True where canaries pass every stage that is meant to run."""
        return bool(self.stages) and {stage.state for stage in self.stages} <= {"ok", "paused"}

    @property
    def broken(self) -> Stage | None:
        """The first stage that fails: what hangs below it is grey."""
        return next((stage for stage in self.stages if stage.state == "fail"), None)

    @property
    def stores(self) -> tuple[Stage, ...]:
        """The stages behind intake and topic."""
        return self.stages[2:]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one stream's canaries.

    The two `due` are when the newest canary was sent that has had its time, among those that the intake took and among
    those found on the topic: a later stage that hasn't seen it by now is late. So a platform that was off isn't red for it.
    """

    sent: Sent | None = None
    topic: Seen | None = None
    arrivals: Mapping[str, Seen] = field(default_factory=dict)
    due_on_topic: datetime | None = None
    due_in_stores: datetime | None = None
    due_in_gathering: Mapping[timedelta, datetime] = field(default_factory=dict)  # likewise, in stores that gather so long


def had_its_time(now: datetime, interval: timedelta) -> datetime:
    """Who last sent one before this moment sends none any more; a connector that is younger may begin behind the newest."""
    return now - 2 * interval - timedelta(seconds=30)


def is_missed_before(now: datetime, interval: timedelta) -> datetime:
    """One sent before this moment, and not there yet, is missed.

    A stage that breaks right behind a canary meets the next one an interval later: it is to be told within two and 30 s.
    """
    return now - interval - timedelta(seconds=30)


def judge(
    known: Evidence, stores: Sequence[Store], *, now: datetime, interval: timedelta, place: Place = Place()
) -> tuple[Stage, ...]:
    """The stages in order; what hangs below one that fails is unknown, as is all that nobody looks at."""
    limit = had_its_time(now, interval)
    intake = _intake(known.sent, limit, place)
    topic = _passed("topic", known.topic, known.due_on_topic)
    if intake.state != "ok" or not place.is_watched:
        topic = replace(topic, state="unknown")
    if topic.state == "fail":
        status = known.sent.status if known.sent else None
        topic = replace(topic, cause=causes.of_topic(status, place.topic, place.prefix, place.log_trouble))
    below = [_store(store, known, topic, limit, place) for store in stores]
    return (intake, topic, *below)


def _intake(sent: Sent | None, limit: datetime, place: Place) -> Stage:
    if sent is None:
        return Stage("intake", "unknown", detail="No canary was sent yet.")
    facts = Stage("intake", "ok", sent.sent_at, sent.answer_seconds, f"{sent.status}")
    if sent.sent_at < limit and not place.is_sending:
        return replace(facts, state="unknown", detail="No canary is being sent: what sends them stands still.")
    if sent.sent_at < limit:
        cause = Cause("Canaries are sent to other streams, and not to this one.", "Look for canary_tick in the workers' log.")
        return replace(facts, state="fail", detail="No canary is being sent to it.", cause=cause)
    if sent.status is None and not sent.error:
        return replace(facts, state="unknown", detail="On its way.")
    if sent.is_accepted:
        return facts
    cause = causes.of_intake(sent.status, sent.code, sent.error, place.url)
    return replace(facts, state="fail", seen_at=None, detail=sent.error, cause=cause)


def _passed(name: str, seen: Seen | None, due: datetime | None) -> Stage:
    """A stage by its last sighting: fails where a canary that had its time is still missing."""
    is_late = due is not None and (seen is None or seen.sent_at < due)
    if is_late:
        detail = "Canaries passed the stage before, but none arrived since then."
        return Stage(name, "fail", seen.sent_at if seen else None, seen.seconds if seen else None, detail)
    if seen is None:
        return Stage(name, "unknown", detail="The first canary is on its way.")
    return Stage(name, "ok", seen.sent_at, seen.seconds)


def _store(store: Store, known: Evidence, before: Stage, limit: datetime, place: Place) -> Stage:
    seen = known.arrivals.get(store.name)
    due = known.due_in_gathering.get(store.gathers) if store.gathers else known.due_in_stores
    stage = replace(_passed(store.name, seen, due), link=store.link)
    if store.held_because:
        return replace(stage, state="paused", detail=store.held_because)
    is_new = seen is None and (
        store.since is None or store.since > limit - store.gathers
    )  # a new connector may begin behind that canary
    if before.state != "ok" or is_new:
        return replace(stage, state="unknown")
    if stage.state != "fail":
        return stage
    return replace(stage, detail=store.trouble or stage.detail, cause=causes.of_store(store.reading, place.topic))


@dataclass(frozen=True, slots=True)
class Summary:
    """One stage over several streams: how many of those with canaries passed it, how slow the slowest was."""

    name: str
    state: State
    passed: int
    total: int
    seconds: float | None
    seen_at: datetime | None  # of the canary that is oldest among the last ones

    @property
    def title(self) -> str:
        """The stage's name at the head of a line; connectors keep their own."""
        return _title(self.name)

    @property
    def words(self) -> str:
        """`6`, or `5 of 6` where one is missing."""
        return str(self.total) if self.passed == self.total else f"{self.passed} of {self.total}"


def summarise(paths: Sequence[Path]) -> tuple[Summary, ...]:
    """The stages of all `paths`, in the order in which they first appear."""
    by_name: dict[str, list[Stage]] = {}
    for path in paths:
        for stage in path.stages:
            by_name.setdefault(stage.name, []).append(stage)
    return tuple(_summary(name, found) for name, found in by_name.items())


def by_stream(paths: Sequence[Path]) -> tuple[Path, ...]:
    """One path per stream: of several prefixes the one that is worst off."""
    worst: dict[str, Path] = {}
    for path in paths:
        known = worst.get(path.stream)
        if known is None or _WORST.index(path.state) < _WORST.index(known.state):
            worst[path.stream] = path
    return tuple(worst.values())


def three(path: Path) -> tuple[Stage, Stage, Stage]:
    """A path in three cells: intake, topic, and all its stores as one."""
    if not path.stages:
        nothing = Stage("intake", "unknown", detail=path.excluded_because)
        return nothing, replace(nothing, name="topic"), replace(nothing, name="stores")
    return path.stages[0], path.stages[1], _stores_as_one(path.stores)


def three_summaries(paths: Sequence[Path]) -> tuple[Summary, Summary, Summary]:
    """Many paths in three cells."""
    intake, topic, stores = zip(*(three(path) for path in paths), strict=True)
    return _summary("intake", intake), _summary("topic", topic), _summary("stores", stores)


def _stores_as_one(stores: Sequence[Stage]) -> Stage:
    """Passed where every store that runs was reached; held where none runs."""
    running = [stage for stage in stores if stage.state != "paused"]
    if not running:
        return Stage("stores", "paused" if stores else "unknown")
    return Stage(
        "stores",
        next(state for state in _WORST if state in {stage.state for stage in running}),
        min((stage.seen_at for stage in running if stage.seen_at is not None), default=None),
        max((stage.seconds for stage in running if stage.seconds is not None), default=None),
    )


def _title(name: str) -> str:
    return name.capitalize() if name in _OURS else name


def _summary(name: str, found: Sequence[Stage]) -> Summary:
    states = {stage.state for stage in found}
    return Summary(
        name=name,
        state=next(state for state in _WORST if state in states),
        passed=sum(stage.state == "ok" for stage in found),
        total=len(found),
        seconds=max((stage.seconds for stage in found if stage.seconds is not None), default=None),
        seen_at=min((stage.seen_at for stage in found if stage.seen_at is not None), default=None),
    )
