"""Ramps: a sampling rate that goes up or down in steps: `[{"at": "2026-12-01T00:00:00Z", "rate": 0.05}, …]`.

Before the first step the rate of `sample` holds, from each step on its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from streamconfig.configuration.moments import moment
from streamconfig.configuration.setting_types import RATE, Problem

_MOST_STEPS = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """A rate and since when it holds."""

    at: datetime
    rate: float


def parse(value: Sequence[Any] | None) -> tuple[Step, ...]:
    """The steps of a list that has no problems."""
    found = ((moment(one.get("at")), one["rate"]) for one in value or ())
    return tuple(Step(at, rate) for at, rate in found if at is not None)


def rate_at(steps: Sequence[Step], at: datetime) -> float | None:
    """The rate of the step that holds; None before the first."""
    return next((step.rate for step in reversed(steps) if step.at <= at), None)


def next_step(steps: Sequence[Step], at: datetime) -> Step | None:
    """The first step that is still to come."""
    return next((step for step in steps if step.at > at), None)


def problems_of(name: str, value: Any, *, section: str = "streams") -> list[Problem]:
    """What is wrong with a list of steps."""
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > _MOST_STEPS:
        what = f"ramp must be a list of {_MOST_STEPS} steps at most."
        return [Problem(name, "/ramp", "ramp.bad", what, "Write a list of steps, each with at and rate.", section)]
    wrong = [(f"/{index}{place}", *rest) for index, one in enumerate(value) for place, *rest in _findings(one)]
    wrong += [] if wrong else _disorder(value)
    return [Problem(name, f"/ramp{place}", code, what, remedy, section) for place, code, what, remedy in wrong]


def _findings(one: Any) -> Iterator[tuple[str, str, str, str]]:
    if not isinstance(one, Mapping) or not set(one) <= {"at", "rate"}:
        yield "", "ramp.bad", "A step must be a map of at and rate.", "Leave out everything else."
        return
    if moment(one.get("at")) is None:
        yield "/at", "ramp.bad_moment", "at must be a moment that says its offset.", "Write it as 2026-12-01T00:00:00Z."
    if one.get("rate") is None or not RATE.is_fine(one["rate"]):
        yield "/rate", "ramp.bad_rate", f"rate {RATE.message}", RATE.remedy


def _disorder(value: Sequence[Any]) -> list[tuple[str, str, str, str]]:
    remedy = "Put the steps in the order of their time, each at a time of its own."
    return [
        (f"/{index}/at", "ramp.disorder", "A step must be later than the one before.", remedy)
        for index, (one, two) in enumerate(pairwise(parse(value)), start=1)
        if two.at <= one.at
    ]
