"""What holds for an alert: how long its trouble must last, who hears of it, and how often. The first rule that fits decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from monitoring.alerts.hours import Hours
from monitoring.alerts.matching import Matcher

GroupBy = Literal["rule", "kind", "alert"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule; `receivers` hear each change, `mirrors` (Alertmanagers) are told all that is open, again and again."""

    id: int
    name: str
    matcher: Matcher
    wait: timedelta
    settle: timedelta = timedelta(seconds=60)
    window: timedelta = timedelta(seconds=60)
    repeat: timedelta = timedelta(hours=4)
    group_by: GroupBy = "rule"
    receivers: tuple[int, ...] = ()
    mirrors: tuple[int, ...] = ()
    hours: Hours | None = None

    def group(self, kind: str, key: str) -> str:
        """Alerts with the same answer are told in one message."""
        return {"rule": "", "kind": kind, "alert": key}[self.group_by]


@dataclass(frozen=True, slots=True)
class Silence:
    """What nobody is told for a time."""

    id: int
    matcher: Matcher
    begins_at: datetime
    until: datetime

    def holds(self, kind: str, subject: str, level: str, now: datetime) -> bool:
        """True where it hides such an alert now."""
        return self.begins_at <= now < self.until and self.matcher.fits(kind, subject, level)


# They hold where no rule of the admin fits: alerts exist without any rule and receiver.
DEFAULTS = (
    Rule(0, "Failures", Matcher(level="fail"), wait=timedelta(seconds=30)),
    Rule(0, "Everything else", Matcher(), wait=timedelta(minutes=5)),
)


def rule_for(rules: Sequence[Rule], kind: str, subject: str, level: str) -> Rule:
    """The rule that decides about such an alert."""
    return next(rule for rule in (*rules, *DEFAULTS) if rule.matcher.fits(kind, subject, level))
