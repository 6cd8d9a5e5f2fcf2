"""A stage for alerts: troubles that a test sets, rounds on a virtual clock, receivers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from eventplatform.panels import Trouble
from monitoring.alerts import evaluation
from monitoring.alerts.channels import posting
from monitoring.alerts.models import AlertReceiver, AlertRule

BEGIN = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Stage:
    """What is wrong now, and a clock."""

    def __init__(self) -> None:
        self.now = BEGIN
        self.troubles: list[Trouble] = []

    def trouble(self, kind: str, subject: str, **facts: Any) -> Trouble:
        facts = {
            "level": "fail",
            "what": f"{kind} of {subject}",
            "why": "It is so.",
            "remedy": "Mend it",
            "link": "/x",
            **facts,
        }
        return Trouble(kind=kind, subject=subject, **facts)

    def wrong(self, kind: str, subject: str, **facts: Any) -> Stage:
        self.troubles.append(self.trouble(kind, subject, **facts))
        return self

    def well(self) -> Stage:
        self.troubles.clear()
        return self

    def run(self, seconds: int) -> Stage:
        for _ in range(seconds // 10):
            self.now += timedelta(seconds=10)
            evaluation.run("worker", now=lambda: self.now)
        return self

    def receiver(self, name: str, kind: str, *, url: str = "", secret: str = "", **facts: Any) -> AlertReceiver:
        rule_facts = {key: facts.pop(key) for key in ("repeat_minutes", "window_seconds") if key in facts}
        row = AlertReceiver.objects.create(
            name=name, kind=kind, addresses="ida@example.org", secrets=posting.sealed(url, secret), **facts
        )
        rule = AlertRule.objects.get(name="Failures")
        rule.receivers.add(row)
        for field, value in rule_facts.items():
            setattr(rule, field, value)
        rule.save()
        return row
