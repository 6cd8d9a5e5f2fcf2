"""What the events themselves show of their clients: rate, stated rate, fields, clocks; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from eventplatform.figures import age, digits, thin
from monitoring.instruments.evidence.estimating import LEAST, Estimate
from monitoring.instruments.evidence.facts import Facts, Judged
from monitoring.instruments.evidence.fields import ALIKE_BY_NATURE, Path
from monitoring.instruments.evidence.tallying import Filled

State = Literal["fail", "warn", "paused", "unknown", "info", "ok"]
Place = Literal["", "make", "change", "here", "force", "rejected", "versions", "fields", "clock", "store"]
_SKEW_SECONDS = 300
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. `step` is what to do, `to` where."""

    state: State
    code: str
    what: str
    words: str = ""
    step: str = ""
    to: Place = ""


def rates(facts: Facts) -> Iterator[Finding]:
    """What identifiers say of each rate that clients are told."""
    if facts.tally.settling and not facts.judged:
        within = f"Clients know it within {facts.told.refresh_seconds:.0f} s; events of before are not judged by it."
        yield Finding("info", "settling", "The rate was changed just now", within)
    for one in facts.judged:
        if one.sample[0] and not one.is_readable:
            why = (
                f"Identifiers of the unit {one.sample[0]} are not in events as clients sent them; what they state is compared."
            )
            yield Finding("info", "rate_hidden", "The rate can't be seen from identifiers", why)
        elif one.sample[0]:
            yield _rate(one, one.estimate)
            if one.group.without:
                yield _unidentified(one)


def _unidentified(one: Judged) -> Finding:
    """Events that no rate can be seen from: who has no identifier is in no sample, so many prove a disobeying client."""
    unit, without = one.sample[0], one.group.without
    what = f"{thin(without)} event{'s' * (without != 1)} without an identifier of the {unit}"
    words = f"Of {thin(one.group.events)}. Who has none is in no sample, so a client that obeys sends nothing of them."
    step = f"Find the client that sends without judging, or that leaves the {unit}'s identifier out of its events."
    return Finding("warn" if without >= LEAST else "info", "rate_unidentified", what, words, step, "versions")


def _rate(one: Judged, found: Estimate) -> Finding:
    unit, intended = one.sample[0], digits(one.sample[1])
    held = f"By the identifiers of {thin(found.number)} {unit}s"
    if found.kind == "more":
        words = f"{thin(found.above)} of {thin(found.number)} {unit}s lie above the rate {intended}{_who(one)}."
        step = "Find the client that doesn't read the configuration: it samples by itself, or not at all."
        return Finding("fail", "rate_more", "Clients send that are not in sample", words, step, "versions")
    if found.kind in {"less", "uneven"}:
        how = f"none lies above {found.low:.3g}" if found.kind == "less" else "they don't lie evenly below the rate"
        step = "See who holds an older revision, and whether a client draws once more by itself."
        what = "Fewer send than are in sample"
        return Finding("warn", f"rate_{found.kind}", what, f"{held}: {how}; the rate is {intended}.", step, "versions")
    if found.kind == "as_intended":
        words = f"{held}: between {found.low:.3g} and {found.high:.3g}."
        return Finding("ok", "rate", f"The rate is as intended, {intended}", words)
    if not found.number:
        words = f"No event holds an identifier of its {unit}."
        if found.unreadable:
            words = f"None of {thin(found.unreadable)} identifiers of the {unit} begins with hexadecimal digits."
        return Finding("info", "rate_few", "Too few to judge the rate", words)
    words = f"{thin(found.number)} {unit}s were seen, {LEAST} are needed. None lies above the rate {intended}."
    return Finding("info", "rate_few", "Too few to judge the rate", words)


def _who(one: Judged) -> str:
    """The clients of those that disobey: version of the schema and revision of the configuration."""
    clients = {client for name in one.estimate.above_named if (client := one.group.identifiers.get(name)) and client[0]}
    named = [f"{version} of revision {revision or 'unknown'}" for version, revision in sorted(clients)[:_MOST_NAMED]]
    return f", of {', '.join(named)}" if named else ""


def stated(facts: Facts) -> Iterator[Finding]:
    """Clients that say that they were judged by another rate."""
    for one in facts.judged:
        if one.group.disagree:
            said = ", ".join(name for name, _ in one.group.stated.most_common(_MOST_NAMED))
            holds = f"{one.sample[0]} {digits(one.sample[1])}".strip()
            what = f"{thin(one.group.disagree)} events state another rate"
            words = f"They say {said}; {holds} holds now. Who weights by it counts wrong."
            step = "Bring these clients up to date: they hold an older configuration, or fill it in by themselves."
            yield Finding("warn", "stated", what, words, step, "versions")


def filling(facts: Facts) -> Iterator[Finding]:
    """Fields that nobody fills, contextual attributes above all, and fields that are always alike."""
    asked = {path: one for path, one in facts.fields.items() if one.asked >= LEAST}
    empty = [".".join(path) for path in facts.contextual if path in asked and not asked[path].filled]
    if empty:
        words = f"{', '.join(empty)}: asked for, and in none of the events."
        step = "Give them in the client's context, or take them off the instrument."
        yield Finding("warn", "attributes_empty", "Contextual attributes are never filled", words, step, "fields")
    never = sum(not one.filled and path not in facts.contextual for path, one in asked.items())
    alike = sum(is_alike(path, one) for path, one in asked.items())
    if never or alike:
        what = f"{never} optional field{'s' * (never != 1)} never filled, {alike} always alike"
        yield Finding("info", "fields", what, "It may be meant so; the table below names them.", to="fields")


def is_alike(path: Path, one: Filled) -> bool:
    """Whether a field has one value in all events, and more would be expected."""
    return one.filled >= LEAST and len(one.values) == 1 and ".".join(path) not in ALIKE_BY_NATURE


def clocks(facts: Facts) -> Iterator[Finding]:
    """Clocks that go wrong, and events that came twice."""
    clock = facts.clock
    if clock and abs(clock[0]) > _SKEW_SECONDS:
        way = "before" if clock[0] > 0 else "after"
        words = f"Half of the events say in dt a time {age(abs(clock[0]))} or more {way} they came."
        yield Finding("warn", "clock", "dt is not when it happened", words, "Set dt at the event, in UTC.", "clock")
    if facts.tally.repeated:
        words = "The same meta.id again. Readers and stores take one; a client that sends again does no harm."
        yield Finding("info", "repeated", f"{thin(facts.tally.repeated)} events came twice", words)
