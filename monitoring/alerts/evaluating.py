"""One round: from the troubles told now, and the alerts that were, what becomes of each. Pure; the clock is handed in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitoring.alerts import kinds, phases
from monitoring.alerts.phases import Course
from monitoring.alerts.rules import Rule, rule_for


@dataclass(frozen=True, slots=True)
class Told:
    """A trouble with a kind, as its source (one of `panels.add_troubles`) tells it."""

    source: str
    key: str
    kind: str
    subject: str
    level: str
    what: str
    why: str = ""
    link: str = ""
    remedy: str = ""
    began_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """An alert as the rows have it: the newest of its key."""

    id: int
    source: str
    key: str
    kind: str
    subject: str
    level: str
    course: Course


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one alert: `after` is None where it was nothing, `known` is None where it is new.

    `happened` are the words of its story: opened, reopened, worse, resolved.
    """

    known: Known | None
    told: Told | None
    after: Course | None
    held_by: str = ""
    happened: tuple[str, ...] = ()


def evaluate(
    known: Sequence[Known], told: Sequence[Told], rules: Sequence[Rule], *, unreadable: Collection[str] = (), now: datetime
) -> list[Step]:
    """What becomes of every alert.

    Those of an `unreadable` source, and those below a red part, stay as they are: nobody knows of their troubles.
    """
    before = {one.key: one for one in known}
    heard = _by_key(told)
    lasting = _lasting(before, heard)
    steps = [_seen(before.get(key), one, rules, lasting, now) for key, one in heard.items()]
    missed = (one for key, one in before.items() if key not in heard and not one.course.is_over)
    known_ones = (one for one in missed if one.source not in unreadable and not _is_grey(one, lasting))
    return [*steps, *(_unseen(one, rules, now) for one in known_ones)]


def _by_key(told: Sequence[Told]) -> dict[str, Told]:
    """Each key once: the first that is told, a failing one before others."""
    found: dict[str, Told] = {}
    for one in sorted(told, key=lambda one: one.level != "fail"):
        if (kind := kinds.find(one.kind)) is None or kind.severity != "info":
            found.setdefault(one.key, one)
    return found


def _lasting(before: Mapping[str, Known], heard: Mapping[str, Told]) -> list[str]:
    """Kinds that may hold others: of what is told now, and of what is still open."""
    wrong = set(_kinds(before, heard))
    return [kind for kind in kinds.HOLDS if kind in wrong]


def _kinds(before: Mapping[str, Known], heard: Mapping[str, Told]) -> Iterator[str]:
    yield from (one.kind for one in heard.values())
    yield from (one.kind for one in before.values() if one.course.phase == "open")


def _is_grey(known: Known, lasting: Collection[str]) -> bool:
    """Open, and below a part that is red now: that it is not told any more means nothing."""
    return known.course.phase == "open" and bool(kinds.held_by(known.kind, lasting))


def _seen(known: Known | None, told: Told, rules: Sequence[Rule], lasting: Collection[str], now: datetime) -> Step:
    above = kinds.held_by(told.kind, lasting)
    if known and known.course.is_over and not phases.goes_on(known.course, now):
        known = None  # a new story
    wait = rule_for(rules, told.kind, told.subject, told.level).wait
    after = phases.seen(known.course if known else None, now, wait, is_held=bool(above))
    return Step(known, told, after, above, _happened(known, told, after))


def _happened(known: Known | None, told: Told, after: Course) -> tuple[str, ...]:
    was = known.course.phase if known else "pending"
    if after.phase != "open":
        return ()
    if was != "open":
        return ("reopened",) if was == "resolved" else ("opened",)
    return ("worse",) if known and (known.level, told.level) == ("warn", "fail") else ()


def _unseen(known: Known, rules: Sequence[Rule], now: datetime) -> Step:
    after = phases.unseen(known.course, now, _settle(known, rules))
    is_resolved = after is not None and after.is_over
    return Step(known, None, after, happened=("resolved",) if is_resolved else ())


def _settle(known: Known, rules: Sequence[Rule]) -> timedelta:
    return rule_for(rules, known.kind, known.subject, known.level).settle
