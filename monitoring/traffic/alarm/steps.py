"""From what counts say at a look to what is told: an alarm begins and ends once its reason has lasted; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitoring.traffic.alarm.judging import Finding, Kind

_LASTS = timedelta(minutes=10)
_BETTER_LASTS = timedelta(hours=1)  # a few events are no end of a silence that goes on


@dataclass(frozen=True, slots=True)
class State:
    """What is told of a stream since when, and what the last looks lean to since when.

    Where nothing is told, `began_at` is when the last alarm ended.
    """

    kind: Kind = ""
    began_at: datetime | None = None
    leaning: Kind = ""
    since: datetime | None = None


def step(state: State, finding: Finding, now: datetime) -> State:
    """The state after one more look. A silence has lasted by itself when it is found; everything else must last."""
    if finding.kind == state.kind:
        return State(state.kind, state.began_at, state.kind)
    is_new = finding.kind != state.leaning or state.since is None
    since = now if is_new or state.since is None else state.since
    lasts = _BETTER_LASTS if (state.kind, finding.kind) == ("silent", "low") else _LASTS
    if finding.kind != "silent" and now - since < lasts:
        return State(state.kind, state.began_at, finding.kind, since)
    began_at = now if not finding.kind else state.began_at if _is_one_story(state.kind, finding.kind) else finding.began_at
    return State(finding.kind, began_at, finding.kind)


def ended(state: State, now: datetime) -> State:
    """The state of a stream that isn't watched any more."""
    return State("", now if state.kind else state.began_at)


def _is_one_story(before: Kind, after: Kind) -> bool:
    """From less to nothing and back."""
    return {before, after} == {"low", "silent"}
