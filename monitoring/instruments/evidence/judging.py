"""Is it live and correct: what was found, the worst first, and the next step in one sentence; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from eventplatform.figures import share, thin
from monitoring.instruments.evidence.deciding import sampled
from monitoring.instruments.evidence.facts import Facts
from monitoring.instruments.evidence.findings import Finding, State, clocks, filling, rates, stated

_ORDER: tuple[State, ...] = ("fail", "paused", "warn", "unknown", "info", "ok")
_OPEN = frozenset({"rate_few", "rate_hidden", "settling"})  # what keeps the rate from being judged


@dataclass(frozen=True, slots=True)
class Verdict:
    """`is_live`: events come and are taken; `is_correct`: nothing was found wrong."""

    state: State
    headline: str
    is_live: bool
    is_correct: bool
    findings: tuple[Finding, ...]

    @property
    def word(self) -> str:
        """The state in two words at most."""
        if self.is_live:
            return "Live" if self.is_correct else "Not correct"
        return {"paused": "Off", "unknown": "Unknown"}.get(self.state, "Not live")

    @property
    def next(self) -> Finding:
        """The finding that says what to do next."""
        return next((one for one in self.findings if one.step), self.findings[0])


def judge(facts: Facts) -> Verdict:
    """What the facts amount to."""
    found = tuple(sorted(_findings(facts), key=lambda one: _ORDER.index(one.state)))
    is_live = facts.tally.events > 0 and not any(one.code in {"unconfigured", "off"} for one in found)
    is_correct = is_live and found[0].state in {"ok", "info"}
    state: State = "ok" if is_correct else found[0].state
    return Verdict(state, _headline(found, is_live=is_live, is_correct=is_correct), is_live, is_correct, found)


def _headline(found: tuple[Finding, ...], *, is_live: bool, is_correct: bool) -> str:
    if is_correct:
        return "Live; too early to judge its rate" if _OPEN & {one.code for one in found} else "Live and correct"
    what = found[0].what
    return f"Live, but not correct: {what[:1].lower()}{what[1:]}" if is_live else what


def _findings(facts: Facts) -> Iterator[Finding]:
    if facts.told.holding is None or facts.told.entry is None:
        yield _unconfigured(facts)
    elif facts.looked.is_away:
        why, step = "So nobody knows what came. Events are kept.", "Look again in some seconds."
        yield Finding("unknown", "log_away", "The event log does not answer", why, step, "here")
    elif off := tuple(_off(facts)):
        yield from off
    else:
        for find in (_arrivals, _refusals, rates, stated, filling, clocks, _good):
            yield from find(facts)


def _unconfigured(facts: Facts) -> Finding:
    subject = facts.subject
    if facts.told.holding is None:
        why = "Clients drop its events (unconfigured)."
        return Finding(
            "fail", "unconfigured", f"There is no {subject.kind} {subject.name}", why, f"Make the {subject.kind}.", "make"
        )
    why = f"{subject.stream} isn't configured, so clients drop the instrument's events (unconfigured)."
    return Finding("fail", "unconfigured", "Its stream is missing", why, "Name another stream, or add this one.", "change")


def _off(facts: Facts) -> Iterator[Finding]:
    """Clients are told to send nothing, so nothing else is to be judged."""
    sample = (facts.told.holding or {}).get("sample")
    rate = sampled(sample)[1]
    if sample is None or rate:
        return
    what = "Not live: clients are told to send nothing"
    if rate is None:
        why = "Its sample has no rate and unit that clients know."
        yield Finding("fail", "off", what, why, "Propose a change that sets both.", "change")
        return
    yield Finding("paused", "off", what, facts.told.why_off or "Its rate is 0.", _when(facts), "change")
    if facts.tally.events:
        why = "Of clients that hold an older configuration, or from before."
        yield Finding("info", "still", f"{thin(facts.tally.events)} events came all the same", why)


def _when(facts: Facts) -> str:
    changes = (facts.told.holding or {}).get("changes") or ()
    opens = next((one["at"] for one in changes if sampled(one.get("sample"))[1]), "")
    return f"It opens by itself at {opens}; a change opens it earlier." if opens else "Propose a change that opens it."


def _arrivals(facts: Facts) -> Iterator[Finding]:
    tally = facts.tally
    if tally.events or facts.refusals.number:
        return
    what = f"Nothing came in the last {facts.minutes} minutes"
    if facts.looked.left_out:
        what = "Nothing is among what could be read"
    others = f" Of others on the stream {thin(tally.others)} came." if tally.others else ""
    step = "Open the page that has it with the forced link below, and do what is measured."
    step = step if facts.subject.key else "Send one with the three lines below."
    yield Finding("warn", "nothing", what, f"No event of {facts.subject.name} is on the log.{others}", step, "force")


def _refusals(facts: Facts) -> Iterator[Finding]:
    number, came = facts.refusals.number, facts.tally.events
    if number:
        worst = facts.refusals.groups[0]
        what = (
            f"{thin(number)} event{'s' * (number != 1)} refused, {share(number, number + came)}"
            if came
            else "Every event is refused"
        )
        place = f"{worst.pointer}: " if worst.pointer else ""
        yield Finding("fail", "refused", what, f"{worst.code}: {place}{worst.message}", worst.remedy, "rejected")


def _good(facts: Facts) -> Iterator[Finding]:
    came, rate = facts.tally.events, sampled((facts.told.holding or {}).get("sample"))[1]
    if came:
        steer = "Raise or halve its rate, look" if facts.subject.key and rate and rate < 1 else "Look"
        step = f"{steer} at the store, or write down as an expectation what you rely on."
        yield Finding("info", "next", f"{thin(came)} event{'s' * (came != 1)} came and passed", "", step, "store")
