"""Who is to be told what now: at most one message per group and window, which names all. Pure; the clock is handed in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitoring.alerts.rules import Rule, rule_for

_MIRROR_EVERY = timedelta(seconds=60)
# An Alertmanager takes an alert as over when it hears nothing of it for so long; so long we go on telling of its end.
MIRRORED_FOR = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert as far as telling is concerned; `told_phase` and `told_level` are what was told last.

    `is_quiet`: silenced, held or acknowledged, so that nobody hears of it (again). `is_hidden`: silenced or held.
    """

    id: int
    key: str
    kind: str
    subject: str
    level: str
    is_open: bool
    changed_at: datetime
    told_at: datetime | None = None
    told_phase: str = ""
    told_level: str = ""
    is_acknowledged: bool = False
    is_hidden: bool = False

    @property
    def is_quiet(self) -> bool:
        return self.is_hidden or self.is_acknowledged

    @property
    def is_news(self) -> bool:
        """Open, and nobody knows, or not how bad it is; what somebody acknowledged is news only where it got worse."""
        got_worse = (self.told_level, self.level) == ("warn", "fail")
        return self.is_open and not self.is_hidden and ((self.told_phase != "open" and not self.is_acknowledged) or got_worse)

    @property
    def is_end(self) -> bool:
        return not self.is_open and self.told_phase == "open"


@dataclass(frozen=True, slots=True)
class Due:
    """A message to a rule's receivers: `opened`, `ended`, those that `last` on; `is_repeat` where nothing is new."""

    rule: Rule
    group: str
    opened: tuple[int, ...]
    ended: tuple[int, ...]
    lasting: tuple[int, ...]

    @property
    def is_repeat(self) -> bool:
        return not self.opened and not self.ended


def due(
    alerts: Sequence[Standing], rules: Sequence[Rule], last_at: Mapping[tuple[int, str], datetime], now: datetime
) -> Iterator[Due]:
    """The messages that go out now; `last_at` is when each rule's group was told last."""
    for (rule, group), some in _groups(alerts, rules).items():
        last = last_at.get((rule.id, group))
        is_too_soon = last is not None and now - last < rule.window
        if not rule.receivers or is_too_soon or (rule.hours and not rule.hours.holds(now)):
            continue
        message = _message(rule, group, some)
        if not message.is_repeat or any(_is_repeated(one, rule, now) for one in some):
            yield message


def mirrors_due(
    alerts: Sequence[Standing], rules: Sequence[Rule], last_at: Mapping[int, datetime], now: datetime
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Each Alertmanager that is to be told now, and of which alerts: at every change, and every minute while one is open."""
    by_mirror: dict[int, list[Standing]] = defaultdict(list)
    for one in alerts:
        if not one.is_hidden and (one.is_open or now - one.changed_at < MIRRORED_FOR):
            for mirror in rule_for(rules, one.kind, one.subject, one.level).mirrors:
                by_mirror[mirror].append(one)
    for mirror, some in by_mirror.items():
        last = last_at.get(mirror)
        if last is None or now - last >= _MIRROR_EVERY or any(one.changed_at > last for one in some):
            yield mirror, tuple(one.id for one in some)


def _groups(alerts: Sequence[Standing], rules: Sequence[Rule]) -> dict[tuple[Rule, str], list[Standing]]:
    found: dict[tuple[Rule, str], list[Standing]] = defaultdict(list)
    for one in alerts:
        rule = rule_for(rules, one.kind, one.subject, one.level)
        found[rule, rule.group(one.kind, one.key)].append(one)
    return found


def _message(rule: Rule, group: str, some: Sequence[Standing]) -> Due:
    news = tuple(one.id for one in some if one.is_news)
    ended = tuple(one.id for one in some if one.is_end)
    lasting = tuple(one.id for one in some if one.is_open and not one.is_quiet and not one.is_news)
    return Due(rule, group, news, ended, lasting)


def _is_repeated(one: Standing, rule: Rule, now: datetime) -> bool:
    return one.is_open and not one.is_quiet and one.told_at is not None and now - one.told_at >= rule.repeat
