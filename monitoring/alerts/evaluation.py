"""A round of alerts: claimed by one, then all sources asked, then everything written down at once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from eventplatform import panels
from monitoring.alerts import lookups, services, telling
from monitoring.alerts.evaluating import Step, evaluate
from monitoring.alerts.gathering import gather

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=9)  # beat's tick comes every ten


@dataclass(frozen=True, slots=True)
class Round:
    """What a round did."""

    alerts: int
    messages: int
    unreadable: tuple[str, ...]


def run(by: str, *, every: timedelta = EVERY, now: Callable[[], datetime] = timezone.now) -> Round | None:
    """One round, where nobody had one within `every`; None where somebody did."""
    claimed_at, began = now(), time.monotonic()
    if not services.claim_round(by=by, now=claimed_at, every=every):
        return None
    gathered = gather(panels.trouble_sources())
    with transaction.atomic():
        if services.hold_round().claimed_at != claimed_at:
            log.warning("alerts.round_overtaken", extra={"by": by})
            return None  # asking took so long that somebody began anew: theirs is fresher
        rules, rows = lookups.rules(), lookups.known_rows(claimed_at)
        known = [lookups.known(row) for row in rows]
        steps = evaluate(known, gathered.told, rules, unreadable=gathered.unreadable, now=claimed_at)
        services.record(rows, steps, claimed_at)
        messages = telling.tell(rules, claimed_at)
        seconds = time.monotonic() - began
        services.note_round(claimed_at=claimed_at, now=now(), seconds=seconds, unreadable=gathered.unreadable)
    _log(steps)
    return Round(len(steps), messages, gathered.unreadable)


def _log(steps: list[Step]) -> None:
    for step in steps:
        if one := step.told or step.known:
            for word in step.happened:
                log.info("alert.%s", word, extra={"kind": one.kind, "subject": one.subject})
