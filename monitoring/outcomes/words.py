"""Outcomes as charts and tables have them: in groups of one colour each, with what each word means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eventplatform import charts
from eventplatform.core.results import SUCCESSES


@dataclass(frozen=True, slots=True)
class Group:
    """Outcomes that one colour of a chart stands for."""

    name: str
    colour: str
    outcomes: frozenset[str]
    meaning: str

    @property
    def is_kept(self) -> bool:
        """Whether the events are in the log or on their way there."""
        return self.outcomes <= SUCCESSES


GROUPS: Sequence[Group] = (
    Group("Accepted", "", frozenset({"accepted"}), "acknowledged by the log"),
    Group("Hasty", "c2", frozenset({"hasty"}), "likewise, of clients that did not wait for it"),
    Group("Spooled", "info", frozenset({"spooled"}), "on the intake's disk, until the log is back"),
    Group("Duplicate", "c5", frozenset({"duplicate"}), "its id was accepted a moment ago, so it was not stored again"),
    Group("Invalid", "c3", frozenset({"invalid"}), "breaks its schema"),
    Group("Denied", "c4", frozenset({"denied"}), "may not go where it wants to"),
    Group("Limited", "warn", frozenset({"limited"}), "too much at once, or for the day"),
    Group("Disabled or late", "paused", frozenset({"disabled", "late"}), "its stream is stopped, or its window has closed"),
    Group("Failed", "fail", frozenset({"failed"}), "the platform's fault: no acknowledgement, or one in time"),
)
_UNKNOWN = Group("Other", "unknown", frozenset(), "a word of another release")
_OF = {outcome: group for group in GROUPS for outcome in group.outcomes}


def group_of(outcome: str) -> Group:
    """The group of an outcome, also of one that this release doesn't know."""
    return _OF.get(outcome, _UNKNOWN)


def grouped(lines: Mapping[str, Sequence[float]]) -> list[tuple[Group, list[float]]]:
    """Lines by outcome, added up by group, in the groups' order; groups without an event are left out."""
    found: dict[str, tuple[Group, list[float]]] = {}
    for outcome, line in lines.items():
        group = group_of(outcome)
        _, before = found.get(group.name, (group, [0.0] * len(line)))
        found[group.name] = group, [a + b for a, b in zip(before, line, strict=True)]
    ordered = [found[group.name] for group in (*GROUPS, _UNKNOWN) if group.name in found]
    return [(group, line) for group, line in ordered if any(line)]


def bars(
    lines: Mapping[str, Sequence[float]], *, label: str, unit: str, x_ticks: Sequence[str], height: int = 84
) -> tuple[charts.Chart, list[tuple[str, str, int]]]:
    """Stacked bars, the kept ones at the bottom, and the legend: colour, name and sum of each group."""
    found = grouped(lines)
    series = [charts.Series(line, group.colour) for group, line in found]
    picture = charts.bars(series, label=label, unit=unit, x_ticks=x_ticks, height=height)
    return picture, [(group.colour, group.name, int(sum(line))) for group, line in found]
