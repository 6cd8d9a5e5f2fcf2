"""Rules about time: ramps that are over, windows that never open again, rates that stay at nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from streamconfig.configuration import ramps, windows
from streamconfig.lint.finding import Finding, Kind
from streamconfig.lint.subject import Subject, mapping

RAMP_OVER = Kind(
    "ramp.over",
    "info",
    "All steps of its ramp are past; the last one, {rate:.4g}, holds.",
    "Write that rate as sample.rate and take the ramp out.",
)
CLOSED_FOR_GOOD = Kind(
    "window.never_again",
    "warning",
    "Its windows are over, and none opens again: nothing is collected any more.",
    "Retire it, or add a window.",
)
NOTHING_FOREVER = Kind(
    "rate.zero_forever",
    "warning",
    "Its sampling rate is 0 and nothing will raise it.",
    "Retire it, or switch it off and say when it comes back.",
)


def findings(subject: Subject) -> Iterator[Finding]:
    """All rules of this page, for streams and instruments."""
    for section, name, item in subject.timed():
        yield from _of_ramp(section, name, item.get("ramp"), subject.at)
        if _is_over(item.get("windows"), subject.at):
            yield CLOSED_FOR_GOOD.at(section, name, "/windows")
        if mapping(item.get("sample")).get("rate") == 0 and not _will_rise(item, subject):
            yield NOTHING_FOREVER.at(section, name, "/sample/rate")


def _of_ramp(section: str, name: str, ramp: Any, at: datetime) -> Iterator[Finding]:
    steps = ramps.parse(ramp)
    if steps and not ramps.next_step(steps, at):
        yield RAMP_OVER.at(section, name, "/ramp", rate=ramps.rate_at(steps, at) or 0)


def _is_over(value: Any, at: datetime) -> bool:
    parsed = windows.parse(value)
    return bool(parsed) and not windows.is_open(parsed, at) and windows.next_edge(parsed, at) is None


def _will_rise(item: Mapping[str, Any], subject: Subject) -> bool:
    """True where a step of the ramp holds or is still to come."""
    steps = ramps.parse(item.get("ramp"))
    return bool(ramps.rate_at(steps, subject.at)) or ramps.next_step(steps, subject.at) is not None
