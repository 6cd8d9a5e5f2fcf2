"""Where an event is, in one sentence: the first red step, and how many stores have it; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitoring.trace.steps import REFUSED, STANDS_STILL, WAITS_FOR_ITS_HOUR, State, Step

_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`red` is the first step that failed."""

    state: State
    headline: str
    why: str
    red: Step | None = None

    @property
    def is_red(self) -> bool:
        """Something failed, and a person has to act."""
        return self.red is not None


def judge(steps: Sequence[Step]) -> Verdict:
    """What the steps amount to."""
    red = next((step for step in steps if step.state == "fail"), None)
    stores = [step for step in steps if step.is_store]
    if red is not None:
        return _stopped(red, stores)
    if any(step.name == REFUSED for step in steps):
        return Verdict("warn", "The intake refused it, and a person sent it again.", steps[-1].words)
    open_ones = [step for step in stores if not step.has_it]
    if open_ones:
        paused = all(step.state == "paused" for step in open_ones)
        return Verdict("paused" if paused else "info", "It is in the topic and on its way.", _count(stores))
    if not stores:
        return Verdict("ok", "It is in the topic.", "No connector takes its stream, so no store is to have it.")
    return Verdict("ok", "It arrived everywhere.", _count(stores))


def _stopped(red: Step, stores: Sequence[Step]) -> Verdict:
    at = f", {red.at:%H:%M:%S}" if red.at else ""
    if red.name == REFUSED:
        return Verdict("fail", f"The intake refused it{at}.", f"{red.words} It is set aside and can be mended.", red)
    is_waiting = red.word in {"Stopped", "Can't write", STANDS_STILL}
    safe = "It is in the log and waits; nothing is lost." if is_waiting else "The event is set aside, not lost."
    why = red.words.removesuffix(" Nothing is lost.")
    rest = [step for step in stores if step is not red]
    return Verdict("fail", f"It stopped at {red.name}{at}.", f"{why} {safe} {_count(stores) if rest else ''}".strip(), red)


# What of a step's word is told of several: of one, and of more.
_TOLD = (
    ("Waiting", "waits", "wait"),
    ("Paused", "is paused", "are paused"),
    ("Stopped", "is stopped", "are stopped"),
    (STANDS_STILL, "stands still", "stand still"),
    (WAITS_FOR_ITS_HOUR, "waits for its hour to be complete", "wait for their hours to be complete"),
)


def _count(stores: Sequence[Step]) -> str:
    """`Two of four stores have it, one waits for its hour to be complete.`."""
    have, total = sum(step.has_it for step in stores), len(stores)
    parts = [f"{_word(have)} of {_word(total)} stores {'has' if have == 1 else 'have'} it"]
    if total == 1:
        parts = [f"the one store of its stream {'has it' if have else 'has it not yet'}"]
    for word, one, more in _TOLD if total > 1 else ():
        number = sum(step.word == word for step in stores)
        if number:
            parts.append(f"{_word(number)} {one if number == 1 else more}")
    told = ", ".join(parts)
    return f"{told[:1].upper()}{told[1:]}."


def _word(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)
